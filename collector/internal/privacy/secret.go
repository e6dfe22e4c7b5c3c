package privacy

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"footfall/aggregate/hit"
)

// secretSize is the length of a day's secret in bytes.
const secretSize = 32

// manyDays is how many days' secrets an import may hold at once: as many as a
// line may be late, and one.
const manyDays = 41

// secrets keeps one site's secret of the running day, or with many set those
// of the last manyDays days. A secret is drawn at random, never derived, never
// copied to the heap and overwritten in place when its time is over.
type secrets struct {
	zone *time.Location
	many bool

	mu     sync.Mutex // guards the rest; held while 32 bytes are drawn or copied
	cal    hit.Calendar
	clock  hit.LocalClock // many only
	today  [secretSize]byte
	days   map[hit.Day]*[secretSize]byte // many only
	newest hit.Day                       // many only
}

func newSecrets(zone *time.Location, many bool) *secrets {
	s := &secrets{zone: zone, many: many, cal: hit.NewCalendar(zone), clock: hit.NewLocalClock(zone)}
	if many {
		s.days = make(map[hit.Day]*[secretSize]byte)
	}
	draw(&s.today)
	return s
}

// draw overwrites a secret with a new one. Read of crypto/rand never fails:
// it ends the process rather than return less than it was asked for.
func draw(secret *[secretSize]byte) { _, _ = rand.Read(secret[:]) }

// key computes a visitor's key at a time. With many set, a day older than
// those whose secrets are held gets no key.
func (s *secrets) key(now time.Time, message *[messageSize]byte, into *hit.Visitor) {
	var secret [secretSize]byte
	if !s.at(now, &secret) {
		return
	}
	mac(&secret, message, into)
	clear(secret[:])
}

// at copies out the secret of the day that now falls on.
func (s *secrets) at(now time.Time, into *[secretSize]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.many {
		day, _ := s.clock.At(now)
		return s.ofDay(day, into)
	}
	s.turn(now)
	*into = s.today
	return true
}

// turn replaces the secret if now begins another day. Called with mu held.
func (s *secrets) turn(now time.Time) {
	if _, changed := s.cal.At(now); changed {
		draw(&s.today)
	}
}

// ofDay is called with mu held.
func (s *secrets) ofDay(day hit.Day, into *[secretSize]byte) bool {
	if len(s.days) == 0 || day > s.newest {
		s.newest = day
		for d, secret := range s.days {
			if d <= day-manyDays {
				draw(secret)
				delete(s.days, d)
			}
		}
	}
	if day <= s.newest-manyDays {
		return false
	}
	secret := s.days[day]
	if secret == nil {
		secret = new([secretSize]byte)
		draw(secret)
		s.days[day] = secret
	}
	*into = *secret
	return true
}

// rotate replaces every secret that is held.
func (s *secrets) rotate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	draw(&s.today)
	for _, secret := range s.days {
		draw(secret)
	}
}

// mac is the first half of HMAC-SHA256 (RFC 2104) of a message. It is written
// out so that the two padded keys are stack arrays that are cleared here: the
// state of crypto/hmac keeps what it derived from the key for as long as the
// pool that holds it, and cannot be wiped.
func mac(secret *[secretSize]byte, message *[messageSize]byte, into *hit.Visitor) {
	var inner [sha256.BlockSize + messageSize]byte
	var outer [sha256.BlockSize + sha256.Size]byte
	for i := range sha256.BlockSize {
		var k byte
		if i < secretSize {
			k = secret[i]
		}
		inner[i], outer[i] = k^0x36, k^0x5c
	}
	copy(inner[sha256.BlockSize:], message[:])
	sum := sha256.Sum256(inner[:])
	copy(outer[sha256.BlockSize:], sum[:])
	sum = sha256.Sum256(outer[:])
	copy(into[:], sum[:])
	clear(inner[:])
	clear(outer[:])
	clear(sum[:])
}
