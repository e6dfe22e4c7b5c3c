// Package privacy is the boundary between a request and what may be counted.
//
// What enters: one [Raw] for each hit, behind a pointer: the resolved address,
// the agent, three Client Hints, a URL, a referrer and the visitor's
// objection, as they came.
//
// What leaves: a [hit.Hit] of enumerations, grammar-checked names and one
// keyed hash, and a [hit.Verdict]. A hit that is not counted leaves nothing
// but its verdict; an objection or an excluded network is looked at before
// anything else and leaves a verdict that must not even be counted.
//
// Guaranteed, whatever the bytes that came:
//   - the address is truncated (IPv4 /24, IPv6 /48, or stricter) before it is
//     hashed or looked up; the whole of it is only compared with the
//     operator's excluded networks;
//   - a hit whose referrer is on the operator's list of spam leaves as little
//     as one of an excluded network;
//   - query, fragment, user info and matrix parameters are gone, identifiers
//     in a path are replaced, and what is left satisfies hit.ParsePath;
//     scrubbing what was scrubbed changes nothing, nor does naming it again
//     by the site's templates; only digits stay where the publisher says that
//     they name articles, and a site may have every page that it has not
//     declared counted as (other);
//   - a referrer is a host or one of three special labels;
//   - browser, system and device come from closed lists; an agent outside
//     them is (other);
//   - the visitor key is HMAC-SHA256 under a secret of the site and its day,
//     32 random bytes that live in this package's memory only and are
//     overwritten in place when the site's day changes: with its first hit, or
//     when a clock calls Turn. A copy, and what is derived from it, lies on
//     the stack of the call that uses it and is cleared before that returns. A
//     site may have no secret, and then no visitor of it has a key;
//   - once Reduce has returned nothing refers to the strings of Raw. Two
//     tables of fixed size stay: results of agents under a seeded hash of the
//     agent and its hints, and scrubbed paths and hosts, which are kept so
//     that one string serves every hit that shows it. Neither holds what was
//     sent, who sent it, or when;
//   - no error, panic or log line can carry what a visitor sent: the functions
//     with an error see the configuration alone, and repeat none of it.
//
// Not guaranteed: that a path or a host name is free of personal words (a
// name as a segment, /users/alice, is a page like any other); that the agent
// tells the truth (iPadOS calls itself macOS, Brave and Vivaldi call
// themselves Chrome where they send no hints); that every robot is found; that
// the Go runtime keeps no stale copy of a stack that it moved while an address
// or a secret lay on it.
//
// A rule about a missing header holds only where all headers are present
// (Raw.Complete), and a log without agents is not a log of robots
// (Raw.NoAgent).
package privacy
