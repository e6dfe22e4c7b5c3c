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
//   - Whatever fails, it fails without a word: the page sees no exception, no
//     rejection and no delay. What the browser itself writes about a request that
//     failed cannot be prevented.
//   - It needs no more of a Content-Security-Policy than the collector's origin
//     in script-src and connect-src, and works under Trusted Types.
//
// The collector is where the script came from: hit beside it, under any name and
// below any path. data-hit on the script element names another address, relative
// to the script's own.
//
// A page that was answered with an error says so above the script:
//
//	<meta name="footfall-status" content="404">
//
// It holds for the document as it was loaded, not for where a router leads next.
//
// The script offers one function, footfall.optedOut(), which tells whether the
// visitor has objected; automation is not an objection.
//
// Feature uses and timings have no place in its 850 bytes (gzip, comments
// included) and are not sent by it.
package static
