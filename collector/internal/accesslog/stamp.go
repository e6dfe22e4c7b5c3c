package accesslog

import "time"

// A stamp remembers the day and zone it read last, which the lines of a log
// share by the thousand.
type stamp struct {
	day      [12]byte // "02/Jan/2006:"
	zone     [5]byte  // "-0700"
	midnight int64    // when that day began in that zone, seconds since 1970
	known    bool
}

// unix reads "02/Jan/2006:15:04:05 -0700" and returns seconds since 1970. A
// day that the calendar lacks or an offset of a day and more is refused.
func (s *stamp) unix(b string) (int64, bool) {
	if len(b) != 26 || b[14] != ':' || b[17] != ':' || b[20] != ' ' {
		return 0, false
	}
	hour, ok1 := decimal(b[12:14])
	minute, ok2 := decimal(b[15:17])
	second, ok3 := decimal(b[18:20])
	if !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 || second > 60 {
		return 0, false
	}
	if !s.known || b[:12] != string(s.day[:]) || b[21:] != string(s.zone[:]) {
		if !s.read(b) {
			return 0, false
		}
	}
	return s.midnight + int64(hour*3600+minute*60+min(second, 59)), true
}

// read reads the day and the zone, and remembers them.
func (s *stamp) read(b string) bool {
	day, ok1 := decimal(b[0:2])
	year, ok2 := decimal(b[7:11])
	month, ok3 := monthOf(b[3:6])
	zone, ok4 := offset(b[21:])
	if !ok1 || !ok2 || !ok3 || !ok4 || b[2] != '/' || b[6] != '/' || b[11] != ':' || year == 0 {
		return false
	}
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day || t.Month() != month {
		return false
	}
	s.known = true
	copy(s.day[:], b[:12])
	copy(s.zone[:], b[21:])
	s.midnight = t.Unix() - zone
	return true
}

// offset reads "+0100" and returns seconds east of Greenwich.
func offset(b string) (seconds int64, ok bool) {
	hours, ok1 := decimal(b[1:3])
	minutes, ok2 := decimal(b[3:5])
	seconds = int64(hours*3600 + minutes*60)
	if b[0] == '-' {
		seconds = -seconds
	}
	return seconds, ok1 && ok2 && hours < 24 && minutes < 60 && (b[0] == '-' || b[0] == '+')
}

// monthOf reads "Jan" to "Dec".
func monthOf(b string) (time.Month, bool) {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	for i := 0; i < len(names); i += 3 {
		if b == names[i:i+3] {
			return time.Month(i/3 + 1), true
		}
	}
	return 0, false
}

// decimal reads digits alone, of which there are at most eighteen.
func decimal[T string | []byte](digits T) (n int, ok bool) {
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return 0, false
		}
		n = n*10 + int(digits[i]-'0')
	}
	return n, 1 <= len(digits) && len(digits) <= 18
}
