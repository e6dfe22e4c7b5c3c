// Package aggregate turns hits into daily counters, keeps them for months and
// answers questions about them.
//
// What enters: a [hit.Hit] and the time it arrived, through [DB.Record]; a
// finished day of a log, through [Importer]. What leaves: published values
// only ([DB.Report]), and figures about the machine ([DB.Stats]).
// Guaranteed: a Record that returned nil is on the disk; a closed day never
// changes; nothing about one visitor is written. Not guaranteed: that a
// visitor who returns after a restart is known again; the day says how often
// that may have happened.
//
// # Words
//
// One word an idea, in code, pages, API and docs:
//
//	sign        what a visitor's browser sends: a view, a use, a timing
//	view        a page was shown, with a status under 400
//	visitor     somebody who has a view that day, counted at the first; known again within
//	            one process and one day of one site only. A figure for more than a day is
//	            the sum of its days. Of a page or section: the same, by its own first view
//	visit       signs of one visitor with no pause over 30 minutes between two, begun by a
//	            view; it ends with its day and with a restart. Of a section: a visit that
//	            had a view there
//	bounce      a visit of one view and no use; a timing leaves it one
//	visit time  seconds from a visit's first sign to its last; shown as a mean over visits
//	entry       the page or section of a visit's first view; exit, of its last so far
//	entry bounce  a bounce, told by the page or section of its entry
//	section     a group of pages: a declared template, else the first segment of the
//	            path (after a language) where there are two or more, else "/"
//	use         a declared feature, a followed outbound link or a download, once each time
//	hit         a request that is no view: a failed page, by status class and path; a
//	            bot's view, by reason
//	error       script errors that a page's timings told of, added up
//	hour        of a view, on the clock of the site's zone
//
// A referrer is that of each view; browser, system, device class and country are
// those of each view too, and a visitor or visit counts under those of its first.
// Without visitor keys (mode none) a visit is a view whose referrer is not the
// site itself, and visitors, bounces, visit time, entries and exits do not exist.
//
// # Histograms
//
// Reading time, scroll depth, load time, LCP and INP are counted in buckets
// whose edges are fixed: [histEdges], in seconds, percent and milliseconds. A
// bucket holds its lower edge and not its upper one; the last is open. A
// quantile is interpolated within its bucket as if the bucket were evenly
// filled: from exact counts it is wrong by less than the bucket's width. That
// is at most half of its lower edge for load time and LCP of 200 ms to 30 s
// and for INP of 16 ms to 3 s; below and above, at most all of it. What is
// published is coarser again (package publish).
//
// # The fold
//
// A page or section that few visitors saw would hold what one visitor's
// browser is beside where he came from. So its dimension rows and histograms
// stay in memory until ten visitors have been counted on it since the process
// started, and are dropped if that never comes; views, visitors, entries and
// exits are written always. A page whose rows are on the disk goes on after a
// restart. In a breakdown what was folded is one row, (folded): the page's
// visitors less the sum of its rows.
//
// # Durability
//
// Hits gather in a batch. One goroutine, the batch's first, applies it to the
// running day, writes whole each record it touched in one transaction and
// acknowledges all when that is synced. A journal takes the batch back when
// the transaction fails. A failed sync ends the process ([ErrFatal]): nobody
// knows what is on the disk.
//
// # Closing a day
//
// At the site's midnight, or at the first moment after it, one transaction
// adds the day's block, interns its labels and deletes its records and
// snapshots: the commit point. A crash before it leaves the records, and the
// next start closes the day from them; a crash after it leaves the block.
// Then the file is compacted, since deleted records stand in free pages; the
// close leaves a mark that only the compaction takes away, so that the next
// start makes up for a crash between the two. While the day runs its file
// holds two states of a record at most, the last commit's and the one before:
// package store overwrites what stays free. A reader holds that up.
package aggregate
