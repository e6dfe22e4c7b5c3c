package accounts

import (
	"encoding/hex"
	"slices"
	"time"
)

// Kind is what a token is for.
type Kind string

// The kinds. A read token reads reports; a mark token adds marks, and reads
// nothing.
const (
	Read Kind = "read"
	Mark Kind = "mark"
)

func (k Kind) check() error {
	if k != Read && k != Mark {
		return ErrKind
	}
	return nil
}

// TokenPrefix begins every token, so that a leaked one can be recognised.
const TokenPrefix = "fft_"

// Token is a program's right to call the API.
type Token struct {
	ID      string `json:"id"`   // eight characters; names the token in list and revoke
	Hash    string `json:"hash"` // SHA-256 of the token's text; "" in what Tokens returns
	Kind    Kind   `json:"kind"`
	Rights         // empty: every site
	Created string `json:"created"` // day in UTC
	Used    string `json:"used"`    // day in UTC of the last use, "" if never
}

// Tokens returns every token in the order they were made, without hashes.
func (s *Store) Tokens() []Token {
	out := slices.Clone(s.now.Load().Tokens)
	for i := range out {
		out[i].Hash = ""
	}
	return out
}

// AddToken makes a token and returns its text, fft_ and 43 characters, which
// is kept nowhere. Empty sites mean every site.
func (s *Store) AddToken(by By, kind Kind, sites []string) (text string, t Token, err error) {
	if err := kind.check(); err != nil {
		return "", Token{}, err
	}
	sites, err = checkSites(sites)
	if err != nil {
		return "", Token{}, err
	}
	text = TokenPrefix + secret()
	t = Token{Hash: digest(text), Kind: kind, Rights: Rights{sites}, Created: day(by.At)}
	err = s.change(func(st *state) error {
		if len(st.Tokens) >= maxTokens {
			return ErrFull
		}
		t.ID = st.freeID()
		st.Tokens = append(st.Tokens, t)
		st.log(by, string(kind)+" token "+t.ID+" added for "+sitesText(sites))
		return nil
	})
	if err != nil {
		return "", Token{}, err
	}
	t.Hash = ""
	return text, t, nil
}

func (st *state) freeID() string {
	for {
		id := hex.EncodeToString(random(4))
		if !slices.ContainsFunc(st.Tokens, func(t Token) bool { return t.ID == id }) {
			return id
		}
	}
}

// RevokeToken ends a token by its id, or answers ErrUnknown.
func (s *Store) RevokeToken(by By, id string) error {
	return s.end(func(st *state) error {
		before := len(st.Tokens)
		st.Tokens = slices.DeleteFunc(st.Tokens, func(t Token) bool { return t.ID == id })
		if len(st.Tokens) == before {
			return ErrUnknown
		}
		st.log(by, "token "+id+" revoked")
		return nil
	})
}

// Token returns the token of a text and notes the day of its use, without
// the hash. The note is written once a day; where that fails the token still
// serves, and the next try comes a minute later.
func (s *Store) Token(now time.Time, text string) (Token, bool) {
	t, ok := s.now.Load().tokens[digest(text)]
	if !ok {
		return Token{}, false
	}
	if today := day(now); t.Used != today && now.Unix() >= s.touchNext.Load() {
		err := s.change(func(st *state) error {
			for i := range st.Tokens {
				if st.Tokens[i].ID == t.ID {
					st.Tokens[i].Used = today
				}
			}
			return nil
		})
		if err != nil {
			s.touchNext.Store(now.Add(time.Minute).Unix())
		}
	}
	t.Hash = ""
	return t, true
}
