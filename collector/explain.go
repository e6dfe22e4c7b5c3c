package collector

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"footfall/aggregate/hit"
	"footfall/collector/internal/privacy"
)

// typed is a hit as somebody writes it down to have it explained.
type typed struct {
	Agent    string                  `json:"agent"`
	Address  string                  `json:"address"`
	URL      string                  `json:"url"`
	Referrer string                  `json:"referrer"`
	Headers  map[string]headerValues `json:"headers"`
	Site     string                  `json:"site"`     // the URL's host where absent
	Complete bool                    `json:"complete"` // these are all the headers, so that a missing one tells something
}

// headerValues reads one value of a header or a list of them.
type headerValues []string

func (v *headerValues) UnmarshalJSON(b []byte) error {
	var one string
	if err := json.Unmarshal(b, &one); err == nil {
		*v = headerValues{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(v))
}

// explanation is all that would be kept of a hit.
type explanation struct {
	Verdict  string  `json:"verdict"`
	Reason   string  `json:"reason"`
	Browser  string  `json:"browser"`
	Major    uint16  `json:"major"` // 0 where none is kept
	System   string  `json:"system"`
	Device   string  `json:"device"`
	Bot      *string `json:"bot"`
	Country  string  `json:"country"`
	Path     string  `json:"path"`
	Referrer string  `json:"referrer"`
}

// Explain reads JSON lines that describe hits and writes for each line one of
// what would be kept of it, as DESIGN.md shows in section 8. It touches no
// data, and needs of the options neither Recorder nor Peers; a site that is
// not among Sites is allowed. A line that is not one JSON object of that form
// has the verdict "malformed". The answer to a line is written before the
// next line is read.
func Explain(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	p := o.privacy()
	p.AnySite = true
	reduce, err := privacy.New(p)
	if err != nil {
		return err
	}
	var lines lineReader
	lines.reset(in)
	w := bufio.NewWriter(out)
	encode := json.NewEncoder(w)
	encode.SetEscapeHTML(false)
	for n := 1; ; n++ {
		line, fits, err := lines.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read line %d: %w", n, err)
		}
		answer := explanation{Verdict: "malformed", Reason: "the line is not one JSON object of the documented form"}
		if fits {
			explain(reduce, line, &answer)
		}
		if err := errors.Join(encode.Encode(&answer), w.Flush()); err != nil {
			return fmt.Errorf("write line %d: %w", n, err)
		}
	}
}

// explain fills in the answer to one line; a line that cannot be read leaves
// it as it is.
func explain(reduce *privacy.Reducer, line []byte, answer *explanation) {
	var t typed
	if line = bytes.TrimSpace(line); len(line) == 0 || line[0] != '{' || json.Unmarshal(line, &t) != nil {
		return
	}
	headers := make(http.Header, len(t.Headers))
	for name, values := range t.Headers {
		headers[http.CanonicalHeaderKey(name)] = values
	}
	raw := privacy.Raw{Source: privacy.Typed, Kind: hit.KindView, Timing: hit.NoTiming()}
	readHeaders(headers, &raw)
	raw.Complete = t.Complete
	raw.Site, raw.Path, raw.Referrer = t.Site, t.URL, t.Referrer
	if t.Agent != "" {
		raw.Agent = t.Agent
	}
	if host, ok := hostOf(t.URL); ok && t.Site == "" {
		raw.Site = host
	}
	raw.Secure = len(t.URL) > 8 && strings.EqualFold(t.URL[:8], "https://")
	if addr, err := netip.ParseAddr(t.Address); err == nil {
		raw.Addr = addr
	}
	var h hit.Hit
	verdict := reduce.Reduce(time.Now(), &raw, &h)
	*answer = explanation{
		Verdict: verdict.String(), Reason: reasonOf(verdict, h.Bot),
		Browser: h.Browser.Family.String(), Major: h.Browser.Major, System: h.System.String(), Device: h.Device.String(),
		Country: h.Country.String(), Path: h.Path.String(), Referrer: h.Referrer.String(),
	}
	if verdict == hit.Excluded && !reduce.Excludes(&raw.Addr) {
		answer.Reason = spamReason
	}
	if h.Bot != hit.NotBot {
		name := h.Bot.String()
		answer.Bot = &name
	}
}

// hostOf returns the host of a web address, with its port.
func hostOf(url string) (string, bool) {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return "", false
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return rest[strings.LastIndexByte(rest, '@')+1:], true
}

// reasonOf says in words what a verdict rests on.
func reasonOf(v hit.Verdict, b hit.Bot) string {
	switch v {
	case hit.Counted:
		return "a view by a person"
	case hit.CountedBot:
		return botReason(b)
	case hit.UnknownSite:
		return "the host is no site's"
	case hit.UnknownField:
		return "a field or kind outside the vocabulary"
	case hit.BadValue:
		return "a value breaks the grammar"
	case hit.Undeclared:
		return "a feature that the site has not declared"
	case hit.Objected:
		return "GPC, DNT or the refusal cookie: nothing is kept, not even a count"
	case hit.Excluded:
		return "an excluded network: nothing is kept, not even a count"
	}
	return hit.Unknown
}

// spamReason is the other reason to exclude a hit.
const spamReason = "a referrer on the list of spam: nothing is kept, not even a count"

func botReason(b hit.Bot) string {
	switch b {
	case hit.BotWord:
		return "the agent calls itself a bot, a library or a tool"
	case hit.BotLibrary:
		return "the agent is known as a bot's"
	case hit.BotHeadless:
		return "a browser without a screen or under automation"
	case hit.BotEmpty:
		return "no agent"
	case hit.BotAbsurd:
		return "the agent is no browser's"
	case hit.BotPrefetch:
		return "fetched ahead of any visit"
	case hit.BotMetadata:
		return "https without the Sec-Fetch headers that this browser always sends"
	}
	return hit.Unknown
}
