package block

// Table names a table of rows. The numbers are part of the format: a new one
// comes last and with a new version.
type Table uint8

// The tables, with their measures in order.
const (
	Site          Table = iota // one row, label 0: views, visitors, visits, bounces, visit seconds
	Hours                      // label is the hour, 0 to 23: views
	Pages                      // views, visitors, entries, exits, entry bounces, errors, level
	Sections                   // views, visitors, entries, exits, entry bounces, errors, level, visits
	Referrers                  // views, visits
	Browsers                   // views, visitors, visits
	Systems                    // views, visitors, visits
	Devices                    // views, visitors, visits
	Countries                  // views, visitors, visits
	Features                   // uses
	Outbound                   // uses
	Downloads                  // uses
	Statuses                   // hits, by status class
	Failed                     // hits, by path
	Bots                       // hits, by reason
	ErrorBrowsers              // script errors
	ErrorSystems               // script errors
	ErrorDevices               // script errors
	tableEnd
)

var tables = [tableEnd]struct {
	name  string
	width int
}{
	{"site", 5}, {"hours", 1}, {"pages", 7}, {"sections", 8}, {"referrers", 2},
	{"browsers", 3}, {"systems", 3}, {"devices", 3}, {"countries", 3},
	{"features", 1}, {"outbound", 1}, {"downloads", 1}, {"statuses", 1}, {"failed", 1}, {"bots", 1},
	{"error browsers", 1}, {"error systems", 1}, {"error devices", 1},
}

// Width returns how many measures a row of the table has; 0 for no table.
func Width(t Table) int {
	if t >= tableEnd {
		return 0
	}
	return tables[t].width
}

// String returns the table's name.
func (t Table) String() string {
	if t >= tableEnd {
		return "no table"
	}
	return tables[t].name
}

// Cross names a table of cells, outer label by inner label. The numbers are
// part of the format, as those of [Table]. The crosses of a section stand in
// the order of those of a page: SectionReferrers - PageReferrers apart.
type Cross uint8

// The crosses. Those by a dimension hold visitors; histograms have the bucket
// as inner label and hold how many measurements fell into it.
const (
	PageReferrers Cross = iota
	PageBrowsers
	PageSystems
	PageDevices
	PageCountries
	PageRead   // histogram of reading seconds
	PageScroll // histogram of scroll depth
	PageLoad   // histogram of load time
	PageLCP    // histogram of largest contentful paint
	PageINP    // histogram of interaction to next paint
	SectionReferrers
	SectionBrowsers
	SectionSystems
	SectionDevices
	SectionCountries
	SectionRead
	SectionScroll
	SectionLoad
	SectionLCP
	SectionINP
	DeviceLoad // histogram, outer label is the device class
	DeviceLCP
	DeviceINP
	SectionFeatures // uses, inner label is the feature
	crossEnd
)

var crosses = [crossEnd]string{
	"page referrers", "page browsers", "page systems", "page devices", "page countries",
	"page read", "page scroll", "page load", "page lcp", "page inp",
	"section referrers", "section browsers", "section systems", "section devices", "section countries",
	"section read", "section scroll", "section load", "section lcp", "section inp",
	"device load", "device lcp", "device inp", "section features",
}

// String returns the cross's name.
func (c Cross) String() string {
	if c >= crossEnd {
		return "no cross"
	}
	return crosses[c]
}
