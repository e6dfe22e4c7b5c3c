// Package static serves what a page embeds: beacon.js, what that loads, and the
// types of both.
//
// What enters: nothing of the visitor. The handler looks at a request's method,
// the last segment of its path, Accept-Encoding and If-None-Match and at nothing
// else; every visitor gets the same bytes under the same two entity tags, so
// neither can tell visitors apart. All files share one version, which is in the
// tags: a cache that mixes two releases can be seen.
//
// What leaves: the files as they are written in this directory, cached for one
// hour so that a fix or a refusal reaches pages the same day. The script has a
// budget of 850 bytes (gzip, as served), beacon-more.js one of 1,100; what they
// do is explained here and in beacon.d.ts rather than in them.
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
//     filter, a tab or a link to a heading is not a view. A reload is one; the
//     script could tell it from a first load only by keeping something.
//   - It sends nothing under Global Privacy Control, Do Not Track, the cookie
//     footfall_optout=1 or navigator.webdriver, nor from a page saved to a disk,
//     nor from a frame in which cookies cannot be read: there nobody can tell
//     whether its visitor has refused. Any other frame is a document of its own.
//   - It stores nothing, and reads of the device nothing but these objections.
//     The cookie of a refusal is set by the server: what a script sets, Safari
//     drops after seven days.
//   - Whatever fails, it fails without a word: the page sees no exception, no
//     rejection and no delay. What the browser itself writes about a request that
//     failed cannot be prevented. One thing is not silent: data-routes that make
//     no regular expression, which only the publisher can meet with.
//   - It needs no more of a Content-Security-Policy than the collector's origin
//     in script-src and connect-src, or a nonce and connect-src, and works under
//     Trusted Types: beacon-more.js comes by import(), which inherits the nonce
//     and takes no trusted URL.
//
// The collector is where the script came from: hit, optout and beacon-more.js
// beside it, under any name of the script and below any path.
//
// # Attributes of its element
//
//   - data-routes lists the routes that a page keeps behind #, as templates parted
//     by single blanks: data-routes="/ /user/* /search". A * stands for one
//     character or more; the first that fits counts, a query behind it is passed
//     over, and the name of the page is the template, so that nothing of the
//     fragment is sent that the publisher has not written down himself. Where
//     none fits, the page is its path.
//   - data-more loads beacon-more.js, once the collector has answered the first
//     view. A value is another name for that file.
//   - data-status="404" says that the page was answered with an error, as does
//     <meta name="footfall-status" content="404"> above the script. Both hold for
//     the document as it was loaded, not for where a router leads next.
//
// # What beacon-more.js adds
//
// One message about each view, when its page hides or before the next one of the
// same document: reading time (in sight and in focus, until 30 seconds after the
// last sign of life), the deepest part of the page that was in sight, time of the
// load event and largest contentful paint (of the document, from when it was
// shown), the longest interaction until its paint, and how many script errors
// there were. What a browser does not measure is left out. A page that failed
// sends none. Nothing reads a layout before the first scroll or the end.
//
// And features: a click on, or in, an element with data-footfall="name"; the
// submission of a form that has one (a form is never named by its id or name);
// footfall.use("name"); a click on a link to another host, as that host, and on
// one to a file, as its path. Never mailto: or tel:. The collector drops names
// that the site has not declared.
//
// # What it offers to the page
//
//	footfall.optedOut()  // whether the visitor has objected; automation is no objection
//	footfall.optOut()    // objects
//	footfall.optIn()     // takes the objection back
//	footfall.use("name") // with data-more
//
// optOut and optIn ask the collector and return the promise of fetch, so the page
// can tell its visitor what came of it; what holds then is what optedOut says.
// They need the collector on the site's own host, or on one below the domain that
// the operator has named: browsers keep no cookie of any other. What else the
// object holds is how the two scripts share their work, and may change.
//
// beacon-test.js is no part of any page: the operator loads it by hand, or on the
// collector's page /test, to be told why nothing arrives.
package static
