package accounts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"time"
)

// ThrottledError is the answer where too many attempts came before.
type ThrottledError struct {
	Wait time.Duration // until the next attempt is looked at, if no other comes
}

// Error names the wait in whole seconds.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("too many attempts, next in %d s", int(e.Wait.Seconds())+1)
}

// guard slows guessing down. A browser without a mark pays from the purse of
// its truncated address and from that of the name it tries; a browser that
// has logged in with this name before pays from a purse of its own, so that
// strangers who guess at a name never lock its owner out.
type guard struct {
	address, name, device *Buckets
}

func newGuard() guard {
	return guard{
		address: NewBuckets(4096, 20, 30*time.Second),
		name:    NewBuckets(1024, 20, 20*time.Second),
		device:  NewBuckets(1024, 10, 30*time.Second),
	}
}

// fare is what an attempt has paid.
type fare struct {
	from []*Buckets
	keys []string
}

func (f *fare) giveBack() {
	for i, b := range f.from {
		b.Give(f.keys[i])
	}
}

// admit takes the fare of an attempt; device is "" or the checked mark.
func (g *guard) admit(now time.Time, a *Attempt, device string) (fare, error) {
	if device != "" {
		if wait := g.device.Take(now, device); wait > 0 {
			return fare{}, &ThrottledError{wait}
		}
		return fare{[]*Buckets{g.device}, []string{device}}, nil
	}
	from := a.From.String()
	if wait := g.address.Take(now, from); wait > 0 {
		return fare{}, &ThrottledError{wait}
	}
	if wait := g.name.Take(now, a.Name); wait > 0 {
		return fare{}, &ThrottledError{wait}
	}
	return fare{[]*Buckets{g.address, g.name}, []string{from, a.Name}}, nil
}

func (g *guard) forget(name string) { g.name.Fill(name) }

// sealDevice makes the mark of a browser that has logged in: 16 random bytes
// and their HMAC over name and password hash. It proves nothing but that, and
// dies with the password.
func sealDevice(key []byte, name, hashed string) string {
	id := base64.RawURLEncoding.EncodeToString(random(16))
	return id + "." + deviceMAC(key, id, name, hashed)
}

// openDevice returns the mark's id if the mark is of this name and password,
// else "".
func openDevice(key []byte, mark, name, hashed string) string {
	id, mac, ok := strings.Cut(mark, ".")
	if !ok || len(mark) > 128 || !hmac.Equal([]byte(mac), []byte(deviceMAC(key, id, name, hashed))) {
		return ""
	}
	return id
}

func deviceMAC(key []byte, id, name, hashed string) string {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(id + "\x00" + name + "\x00" + hashed)) // a hash never fails
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// ways is how many buckets share a row of the table.
const ways = 4

// Buckets is a table of token buckets of fixed size. Keys are kept as hashes
// under a seed of this process. In a full row the fullest bucket makes way,
// the one whose loss forgives the least. Safe for concurrent use.
type Buckets struct {
	seed  maphash.Seed
	burst float64
	every time.Duration

	mu   sync.Mutex // guards rows; held for a few comparisons
	rows [][ways]bucket
}

type bucket struct {
	key  uint64 // 0: free
	left float64
	seen time.Time
}

// NewBuckets makes a table of about slots buckets. Each allows burst at once
// and one more in every stretch of time after.
func NewBuckets(slots, burst int, every time.Duration) *Buckets {
	return &Buckets{
		seed: maphash.MakeSeed(), burst: float64(burst), every: every,
		rows: make([][ways]bucket, max(1, slots/ways)),
	}
}

// Take takes one from the key's bucket and returns 0, or takes nothing and
// returns how long to wait.
func (b *Buckets) Take(now time.Time, key string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.at(now, key)
	if k.left < 1 {
		return time.Duration((1 - k.left) * float64(b.every))
	}
	k.left--
	return 0
}

// Give puts one back.
func (b *Buckets) Give(key string) { b.put(key, 1) }

// Fill makes the key's bucket full again.
func (b *Buckets) Fill(key string) { b.put(key, b.burst) }

func (b *Buckets) put(key string, n float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	hash, row := b.row(key)
	for i := range row {
		if row[i].key == hash {
			row[i].left = min(b.burst, row[i].left+n)
		}
	}
}

func (b *Buckets) row(key string) (uint64, *[ways]bucket) {
	hash := maphash.String(b.seed, key) | 1
	return hash, &b.rows[(hash>>1)%uint64(len(b.rows))]
}

// at returns the key's bucket as it stands now, in the place of the fullest
// other one if it is new. A clock that steps back refills nothing.
func (b *Buckets) at(now time.Time, key string) *bucket {
	hash, row := b.row(key)
	victim := 0
	for i := range row {
		k := &row[i]
		if k.key == 0 {
			k.left = b.burst
		} else if passed := now.Sub(k.seen); passed > 0 {
			k.left = min(b.burst, k.left+float64(passed)/float64(b.every))
		}
		k.seen = now
		if k.key == hash {
			return k
		}
		if k.left > row[victim].left {
			victim = i
		}
	}
	row[victim] = bucket{hash, b.burst, now}
	return &row[victim]
}
