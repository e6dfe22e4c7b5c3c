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
package store
