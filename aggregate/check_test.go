package aggregate

import (
	"strings"
	"testing"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
)

// TestCheckNamesEachViolation plants, under checksums that fit, one violation
// of each invariant in a day that has none, and expects check to name it.
func TestCheckNamesEachViolation(t *testing.T) {
	h, day := testHost(t), modelDay(t, "2026-10-01")
	st, err := store.Open(flipFile(t), store.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var texts []string
	var encoded []byte
	err = st.View(func(tx *store.Tx) (err error) {
		if texts, _, err = tx.Labels(h, day.Month()); err != nil {
			return err
		}
		return tx.Blocks(h, day, day, func(_ hit.Day, b []byte) error { encoded = b; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	problems := func(t *testing.T, b []byte, texts []string) string {
		c := &checker{report: CheckReport{}}
		c.block(h, day, b, texts)
		return strings.Join(c.report.Problems, "\n")
	}
	if got := problems(t, encoded, texts); got != "" {
		t.Fatalf("a day without a fault: %s", got)
	}
	at := func(x block.Table, row, measure int) func(d *block.Day) {
		return func(d *block.Day) { d.Rows[x].N[row*block.Width(x)+measure]++ }
	}
	for name, c := range map[string]struct {
		plant func(d *block.Day)
		want  string
	}{
		"page views":        {at(block.Pages, 0, pageViews), "views of pages add up to"},
		"section views":     {at(block.Sections, 0, pageViews), "views of sections add up to"},
		"referrer views":    {at(block.Referrers, 0, 0), "views of referrers add up to"},
		"referrer visits":   {at(block.Referrers, 0, 1), "visits of referrers add up to"},
		"hours":             {at(block.Hours, 0, 0), "views of hours add up to"},
		"browser views":     {at(block.Browsers, 0, 0), "views of browsers add up to"},
		"system visitors":   {at(block.Systems, 0, 1), "visitors of systems add up to"},
		"device visits":     {at(block.Devices, 0, 2), "visits of devices add up to"},
		"country views":     {at(block.Countries, 0, 0), "views of countries add up to"},
		"entries":           {at(block.Pages, 0, pageEntries), "entries of pages add up to"},
		"exits":             {at(block.Pages, 0, pageExits), "exits of pages add up to"},
		"entry bounces":     {at(block.Pages, 0, pageEntryBounces), "entry bounces of pages add up to"},
		"section entries":   {at(block.Sections, 0, pageEntries), "entries of sections add up to"},
		"section exits":     {at(block.Sections, 0, pageExits), "exits of sections add up to"},
		"section bounces":   {at(block.Sections, 0, pageEntryBounces), "entry bounces of sections add up to"},
		"failed paths":      {at(block.Failed, 0, 0), "hits of failed paths add up to"},
		"features":          {at(block.Features, 0, 0), "uses of features in sections add up to"},
		"page errors":       {at(block.Pages, 0, pageErrors), "script errors of sections add up to"},
		"errors by browser": {at(block.ErrorBrowsers, 0, 0), "script errors of error browsers add up to"},
		"errors by system":  {at(block.ErrorSystems, 0, 0), "script errors of error systems add up to"},
		"errors by device":  {at(block.ErrorDevices, 0, 0), "script errors of error devices add up to"},
		"visitors":          {func(d *block.Day) { d.Rows[block.Site].N[siteVisitors] += 1e6 }, "more visitors than views"},
		"visits":            {func(d *block.Day) { d.Rows[block.Site].N[siteVisits] += 1e6 }, "more visits than views"},
		"bounces":           {func(d *block.Day) { d.Rows[block.Site].N[siteBounces] += 1e6 }, "more bounces than visits"},
		"an hour":           {func(d *block.Day) { d.Rows[block.Hours].Labels[0] = 24 }, "an hour that no day has"},
		"rows of a page":    {func(d *block.Day) { d.Cells[block.SectionSystems].N[0] += 1e6 }, "rows of more visitors than the section had"},
		"an unfolded page": {func(d *block.Day) {
			d.Cells[block.PageRead].Outer, d.Cells[block.PageRead].Inner, d.Cells[block.PageRead].N = []uint32{smallPage(t, d)}, []uint32{0}, []uint64{1}
		}, "which should be folded"},
		"no such label":      {func(d *block.Day) { l := d.Rows[block.Pages].Labels; l[len(l)-1] = 1 << 20 }, "labels that are in no dictionary"},
		"a label of another": {func(d *block.Day) { d.Rows[block.Features].Labels[0] = d.Rows[block.Pages].Labels[0] }, "labels that name no such thing"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := block.Decode(encoded)
			if err != nil {
				t.Fatal(err)
			}
			c.plant(d)
			b, err := block.Encode(d)
			if err != nil {
				t.Fatal(err)
			}
			if got := problems(t, b, texts); !strings.Contains(got, c.want) || !strings.Contains(got, "example.test: ") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// smallPage returns a page that fewer than ten visitors saw.
func smallPage(t *testing.T, d *block.Day) uint32 {
	t.Helper()
	rows, width := d.Rows[block.Pages], block.Width(block.Pages)
	for i, l := range rows.Labels {
		if rows.N[i*width+pageVisitors] < foldVisitors {
			return l
		}
	}
	t.Fatal("every page was seen by ten visitors")
	return 0
}
