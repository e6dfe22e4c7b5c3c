// Package country tells the country of a truncated prefix: from a table that
// the program carries, or from a database that the operator brings.
//
// What enters: a prefix as privacy.Truncate makes it, of at most 24 bits for
// IPv4 or 48 for IPv6; at load, the embedded file or the operator's. What
// leaves: a [hit.Country], the zero one where the country is not known. The
// Lookup methods of [table.Table] and [MMDB] are what privacy.Options.Country
// wants.
//
// Guaranteed: both sources are a [table.Table] by the time they are asked, so
// that nothing finer than /24 and /48 can come of either, whatever the prefix
// and however fine the database; a code that is no country (EU, AP, A1, ??) is
// unknown; a lookup does no I/O, allocates nothing and is safe for concurrent
// use, also while the operator's database is loaded again; a file that cannot
// be loaded leaves the one before in place; no error names a prefix that was
// asked about.
// Not guaranteed: that the country is right. Where three other databases agree,
// the embedded table is with them for 99 of 100 addresses; for one IPv6
// network in twenty IPFire says EU, which is unknown here. The table is as old as
// table.Table.Made says, and networks move. A damaged MMDB is not always seen, for the format has no
// checksum. IPv6 addresses that hold an IPv4 address (6to4, Teredo) are unknown
// to an MMDB.
//
// # Decisions
//
// The embedded table is made from the IPFire Location Database as Debian
// packages it: it agrees best with the others, comes with security updates and
// may be passed on (CC BY-SA 4.0, see [Attribution]; country.txt names version
// and digests; Debian's own copyright file for the package still describes an
// older database, so the generator goes by what the files say and refuses
// another licence). Looking at the whole address instead of the prefix
// would change one answer in a thousand.
//
// An MMDB is read whole, turned into a table and dropped. That costs memory and
// a second or so while it loads, and in return there is one way to look up,
// damage shows at load and not at a visitor's hit, no record of a city
// is ever at hand, and a file that is overwritten in place cannot take the
// process with it, as it does when it is mapped.
package country
