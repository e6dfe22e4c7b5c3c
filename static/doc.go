// Package static serves beacon.js, the script that a page embeds.
//
// What enters: nothing of the visitor. The handler looks at a request's method,
// Accept-Encoding and If-None-Match and at nothing else; every visitor gets the
// same bytes under the same two entity tags, so neither can tell visitors apart.
//
// What leaves: the file as it is written in this directory, comments included,
// cached for one hour so that a fix or a refusal reaches pages the same day.
//
// # What the script promises
//
//   - It sends the path of the page and the host that led to it, in a body of
//     text/plain, by fetch: no cookie, no referrer, no query string, no preflight.
//     The first view of a document names the host of document.referrer, every
//     later one the page's own host, which the collector reads as (internal).
//   - A view is a path that is shown. It is sent on load, or once prerendering
//     has ended and the tab is visible; after pushState, replaceState and popstate
//     when the path is another one; and when the page comes back from the
//     back/forward cache. A changed query or fragment is not another path: a
//     filter, a tab or a link to a heading is not a view.
//   - It sends nothing under Global Privacy Control, Do Not Track, the cookie
//     footfall_optout=1 or navigator.webdriver, nor from a page saved to a disk.
//   - It stores nothing, and reads of the device nothing but these objections.
//     The cookie of a refusal is set by the server: what a script sets, Safari
//     drops after seven days.
//   - Whatever fails, it fails without a word: the page sees no exception, no
//     rejection and no delay. What the browser itself writes about a request that
//     failed cannot be prevented.
//   - It needs no more of a Content-Security-Policy than the collector's origin
//     in script-src and connect-src, and works under Trusted Types.
//
// The collector is where the script came from: hit and optout beside it, under
// any name and below any path.
//
// A page that was answered with an error says so above the script:
//
//	<meta name="footfall-status" content="404">
//
// It holds for the document as it was loaded, not for where a router leads next.
//
// The script offers three functions for the site's own page on privacy:
//
//	footfall.optedOut()  // whether the visitor has objected; automation is no objection
//	footfall.optOut()    // objects
//	footfall.optIn()     // takes the objection back
//
// The last two ask the collector and return the promise of fetch, so the page can
// tell its visitor what came of it; what holds then is what optedOut says. They
// need the collector on the site's own host, or on one below the domain that the
// operator has named: browsers keep no cookie of any other.
//
// Feature uses and timings have no place in its 850 bytes (gzip, comments
// included) and are not sent by it.
package static
