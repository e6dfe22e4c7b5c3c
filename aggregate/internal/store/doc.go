// Package store keeps the records and blocks of every site in one bbolt file.
// It is the only package that knows bbolt.
//
// What enters: keys made of a site's host, a day and a label that has passed
// the grammar of package hit; values that are complete records with their own
// checksums. What leaves: copies of the same bytes, never the map's memory.
// Guaranteed: an Update that returned nil is on the disk; one that returned
// an error that is not [ErrFatal] left nothing behind. Not guaranteed: that
// the bytes of a value are what was written (bbolt has no page checksums): every
// value is checked by whoever decodes it. That a value is the one of its key,
// and that none is missing, is checked here (contents.go); that the tree can be
// read at all, when a file is opened (walk.go).
//
// The bucket tree, version 2 (migrate.go tells of the versions before).
// Integers are big-endian, so that keys sort the way they are read.
//
//	meta
//	  version                      4 bytes
//	  deleted                      stands while free pages hold what was deleted
//	  sites                        which sites there are, and their zones (contents.go)
//	sites
//	  HOST
//	    list                       what there is of the site (contents.go)
//	    open                       the running day, one record a key
//	      DAY(4)
//	        KIND(1) LABEL          a record of package aggregate (record.go)
//	        #                      how many records there are (contents.go)
//	    snapshots                  what questions about the running day read
//	      hour | tens              DAY(4) and a portable block
//	    days                       closed days; a day is the sum of its blocks
//	      DAY(4) SEQ(2)            a block of package block
//	    sums                       roll-ups of whole weeks and months (sums.go)
//	      KIND(1) DAY(4)           kind and first day; a roll-up of package aggregate
//	    labels                     texts of the ids in blocks, by month
//	      MONTH(4)
//	        FIRST(4)               a run of texts (labels.go), ids from FIRST on
//
// A day is stored with its sign bit flipped, so that days before 1970 sort
// before those after.
//
// # The options of bbolt
//
// Measured on 25 November 2026 by BenchmarkOptions, a commit of 200 of 6,000
// records of some 150 bytes: CPU milliseconds, and KiB of pages made.
//
//	chosen but pages half full     1.3 to 1.4   459
//	and pages of 1 KiB             2.0 to 2.2   212
//	and pages of 8 KiB             1.5          796
//	and pages of 16 KiB            1.6 to 1.9  1314
//	and a freelist of one array    1.3 to 1.6   459
//	and no freelist on the disk    1.4 to 1.5   455
//	and a map that grows           1.2 to 1.3   459
//	chosen: pages 0.9 full         1.1          409
//
// So: the machine's page size, which is 4 KiB where it was measured (smaller
// pages write less and cost more calls than they save); pages of the running
// day 0.9 full (openFill), since records are replaced and seldom new; the
// freelist as a map, which is no worse in a small file and keeps to its speed
// in one with many free pages; the freelist on the disk, because to leave it
// out saves nothing and takes from the scrubber what it reads and from a start
// its speed; a map of 1 GiB from the start, not for speed but so that no
// commit waits for a reader while the map grows. Intake as a whole differed
// between the options by less than the runs did.
package store
