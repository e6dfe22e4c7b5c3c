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
//	view        a page was shown (not when its status was 400 or more)
//	visitor     somebody whose first view of the day this was; a sum of days over a period
//	visit       views of one visitor with no pause over 30 minutes between signs, within a day
//	bounce      a visit of one view and no feature use
//	visit time  seconds from a visit's first sign to its last
//	entry       the page of a visit's first view; exit, of its last so far
//	entry bounce  a bounce of a visit that entered here
//	section     a group of pages: a declared template, else the first segment of the
//	            path (after a language) where there are two or more, else "/"
//	use         a declared feature, a followed outbound link or a download, once each time
//	hit         a request that is no view: a failed page, by status class; a bot's, by reason
//
// # The fold
//
// A page or section that few visitors saw would hold what one visitor's
// browser is beside where he came from. So its dimension rows and histograms
// stay in memory until ten visitors have been counted on it since the process
// started; until then only its totals are written.
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
// Then the file is compacted, since deleted records stand in free pages; a
// crash before that leaves them there until the next compaction.
package aggregate
