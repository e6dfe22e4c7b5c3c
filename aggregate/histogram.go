package aggregate

import "slices"

// A histogram of a page or section.
type histKind uint8

// The histograms, in the order of the crosses of package block.
const (
	histRead histKind = iota
	histScroll
	histLoad
	histLCP
	histINP
	histEnd
)

// Edges of the histograms' buckets, ascending: bucket i holds values of
// edges[i] up to but not including edges[i+1], the last one all from its edge
// on. They are fixed: a stored bucket means the same for ever.
var histEdges = [histEnd][]int32{
	histRead:   {0, 1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1800, 3600},                                                                // seconds
	histScroll: {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100},                                                                                                                 // percent
	histLoad:   {0, 50, 100, 200, 300, 400, 500, 600, 800, 1000, 1250, 1500, 1750, 2000, 2500, 3000, 4000, 5000, 6000, 8000, 10_000, 15_000, 20_000, 30_000, 60_000},         // milliseconds
	histLCP:    {0, 100, 200, 300, 400, 500, 600, 800, 1000, 1250, 1500, 1750, 2000, 2250, 2500, 3000, 3500, 4000, 5000, 6000, 8000, 10_000, 15_000, 20_000, 30_000, 60_000}, // milliseconds; 2,500 and 4,000 are web.dev's good and poor
	histINP:    {0, 8, 16, 24, 32, 40, 50, 75, 100, 125, 150, 175, 200, 250, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000},                                       // milliseconds; 200 and 500 are web.dev's good and poor
}

// bucket returns the bucket of a value of zero or more.
func (k histKind) bucket(v int32) uint32 {
	i, found := slices.BinarySearch(histEdges[k], v)
	if !found {
		i--
	}
	return uint32(max(i, 0))
}
