package aggregate

import (
	"fmt"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
)

// A CheckReport tells whether every invariant of a database holds, and, for
// the operator who holds the file, the exact views of each site and day.
type CheckReport struct {
	OK       bool                        `json:"ok"`
	Problems []string                    `json:"problems"`
	Sites    map[string]map[string]int64 `json:"sites"`
}

// Check reads the whole of a database that nobody writes, best a copy made by
// Backup: bbolt's own structure, every record, block and dictionary with its
// checksum, and the sums that must agree. The error is for a file that cannot
// be opened.
func Check(path string) (*CheckReport, error) {
	st, err := store.Open(path, store.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer st.Close()
	c := &checker{report: CheckReport{Problems: []string{}, Sites: map[string]map[string]int64{}}}
	for _, p := range st.Check() {
		c.problem("bbolt: %s", p)
	}
	if len(c.report.Problems) == 0 { // a damaged tree is not to be walked
		if err := st.View(c.sites); err != nil {
			c.problem("%s", err)
		}
	}
	c.report.OK = len(c.report.Problems) == 0
	return &c.report, nil
}

type checker struct {
	report CheckReport
	shared shared
}

// mostProblems bounds what a wholly damaged file can say.
const mostProblems = 1_000

func (c *checker) problem(format string, args ...any) {
	if len(c.report.Problems) < mostProblems {
		c.report.Problems = append(c.report.Problems, fmt.Sprintf(format, args...))
	}
}

func (c *checker) sites(tx *store.Tx) error {
	c.shared = newShared(0)
	sites, err := tx.Sites()
	if err != nil {
		return err
	}
	for _, s := range sites {
		days := map[string]int64{}
		c.report.Sites[s.Host.String()] = days
		labels := map[hit.Month][]string{} // "" where they are damaged
		for _, m := range tx.LabelMonths(s.Host) {
			texts, damaged, err := tx.Labels(s.Host, m)
			if labels[m] = texts; err != nil || damaged {
				c.problem("%s: the labels of %s are damaged", s.Host, m)
			}
		}
		err := tx.Blocks(s.Host, -1<<31, 1<<31-1, func(d hit.Day, b []byte) error {
			days[d.String()] += c.block(s.Host, d, b, labels[d.Month()])
			return nil
		})
		if err != nil {
			c.problem("%s: %s", s.Host, err)
		}
		checkSums(tx, s.Host, func(text string) { c.problem("%s: %s", s.Host, text) })
		c.snapshots(tx, s.Host)
		c.running(tx, s.Host, days)
	}
	return nil
}

func (c *checker) snapshots(tx *store.Tx, h hit.Host) {
	err := snapshots(tx, h, func(d hit.Day, b []byte) {
		texts, rest, err := cutPortable(b)
		if err != nil {
			c.problem("%s: a snapshot of %s: %s", h, d, err)
			return
		}
		c.block(h, d, rest, texts)
	})
	if err != nil {
		c.problem("%s: %s", h, err)
	}
}

// block checks one block and returns its views. texts are those of its labels.
func (c *checker) block(h hit.Host, d hit.Day, b []byte, texts []string) int64 {
	day, err := block.Decode(b)
	if err != nil {
		c.problem("%s: block of %s: %s", h, d, err)
		return 0
	}
	c.texts(h, d, day, texts)
	if day.Flags&block.Tens == 0 {
		c.sums(h, d, day)
	}
	return int64(sum(day.Rows[block.Site], 0, 5))
}

// running checks the records of the days that are not closed and adds their views.
func (c *checker) running(tx *store.Tx, h hit.Host, days map[string]int64) {
	open, err := tx.OpenDays(h)
	if err != nil {
		c.problem("%s: %s", h, err)
	}
	config := &SiteConfig{Host: h}
	for _, day := range open {
		d := newOpenDay(&c.shared, config, day, 0)
		bad := 0
		err := tx.OpenRecords(h, day, func(k store.Kind, label string, record []byte) error {
			if d.load(k, label, record) != nil {
				bad++
			}
			return nil
		})
		if err != nil || bad > 0 {
			c.problem("%s: running day %s: %d damaged records", h, day, bad)
			continue
		}
		days[day.String()] += d.site[siteViews]
		g := d.gather(false, false)
		c.sums(h, day, g.day(g.ownIDs()))
		d.release()
	}
}

// sum adds up one measure of a table's rows.
func sum(r block.Rows, measure, width int) (n uint64) {
	for i := measure; i < len(r.N); i += width {
		n += r.N[i]
	}
	return n
}
