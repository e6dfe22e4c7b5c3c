package block

import "testing"

// large is a day on which 10,000 pages were seen, some 2,000 of them with
// dimensions and histograms.
func large(b *testing.B) (*Day, []byte) {
	b.Helper()
	d := newSite(2, 12_500).day(130_000)
	enc, err := Encode(d)
	if err != nil {
		b.Fatal(err)
	}
	c := d.Cells[PageBrowsers]
	outers := 0
	for i := range c.Outer {
		if i == 0 || c.Outer[i] != c.Outer[i-1] {
			outers++
		}
	}
	b.Logf("%d pages, %d with dimensions, %d bytes, %.2f a view", len(d.Rows[Pages].Labels), outers,
		len(enc), float64(len(enc))/float64(d.Rows[Site].N[0]))
	b.ResetTimer()
	return d, enc
}

func BenchmarkEncode(b *testing.B) {
	d, enc := large(b)
	b.SetBytes(int64(len(enc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	_, enc := large(b)
	b.SetBytes(int64(len(enc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(enc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	_, enc := large(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(enc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPages(b *testing.B) {
	_, enc := large(b)
	bl := open(b, enc)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bl.Rows(Pages); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPagesViews reads what a list of pages shows: views and visitors.
func BenchmarkPagesViews(b *testing.B) {
	_, enc := large(b)
	bl := open(b, enc)
	var rows Rows
	b.ReportAllocs()
	for b.Loop() {
		if err := bl.Read(Pages, 2, &rows); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCells(b *testing.B) {
	_, enc := large(b)
	bl := open(b, enc)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bl.Cells(PageBrowsers); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCellsOf(b *testing.B) {
	_, enc := large(b)
	bl := open(b, enc)
	outer := uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bl.CellsOf(PageBrowsers, outer); err != nil {
			b.Fatal(err)
		}
		outer = (outer + 7) % 2000
	}
}
