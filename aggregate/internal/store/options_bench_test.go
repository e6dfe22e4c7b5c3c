package store

import (
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// BenchmarkOptions measures bbolt's options under what a running day does: a
// commit of 200 records of some 150 bytes, of 6,000 there are, the popular
// ones in most commits. The package comment says what was chosen.
func BenchmarkOptions(b *testing.B) {
	for _, c := range []struct {
		name    string
		options bolt.Options
		fill    float64
	}{
		{"chosen", bolt.Options{FreelistType: bolt.FreelistMapType, InitialMmapSize: initialMap}, openFill},
		{"page-1KiB", bolt.Options{FreelistType: bolt.FreelistMapType, InitialMmapSize: initialMap, PageSize: 1 << 10}, openFill},
		{"page-8KiB", bolt.Options{FreelistType: bolt.FreelistMapType, InitialMmapSize: initialMap, PageSize: 8 << 10}, openFill},
		{"page-16KiB", bolt.Options{FreelistType: bolt.FreelistMapType, InitialMmapSize: initialMap, PageSize: 16 << 10}, openFill},
		{"freelist-array", bolt.Options{FreelistType: bolt.FreelistArrayType, InitialMmapSize: initialMap}, openFill},
		{"no-freelist-sync", bolt.Options{FreelistType: bolt.FreelistMapType, InitialMmapSize: initialMap, NoFreelistSync: true}, openFill},
		{"small-map", bolt.Options{FreelistType: bolt.FreelistMapType}, openFill},
		{"fill-half", bolt.Options{FreelistType: bolt.FreelistMapType, InitialMmapSize: initialMap}, bolt.DefaultFillPercent},
	} {
		b.Run(c.name, func(b *testing.B) {
			db, err := bolt.Open(filepath.Join(b.TempDir(), "x.db"), 0o600, &c.options)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			db.AllocSize = 1 << 20
			r := rand.New(rand.NewPCG(1, 2))
			zipf := rand.NewZipf(r, 1.1, 1, 5_999)
			record := make([]byte, 300)
			put := func(keys int, pick func(int) uint64) {
				err := db.Update(func(tx *bolt.Tx) error {
					bucket, err := tx.CreateBucketIfNotExists([]byte("day"))
					if err != nil {
						return err
					}
					bucket.FillPercent = c.fill
					for i := range keys {
						n := pick(i)
						key := binary.BigEndian.AppendUint64([]byte("P/section/"), n*0x9E3779B97F4A7C15)
						if err := bucket.Put(key, record[:40+n%220]); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			put(6_000, func(i int) uint64 { return uint64(i) })
			before, stats := cpuTime(b), db.Stats()
			b.ResetTimer()
			for b.Loop() {
				put(200, func(int) uint64 { return zipf.Uint64() })
			}
			after := db.Stats()
			b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
			b.ReportMetric(float64(after.TxStats.GetPageAlloc()-stats.TxStats.GetPageAlloc())/float64(b.N), "B-written/op")
		})
	}
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
