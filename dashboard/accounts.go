package dashboard

import "footfall/dashboard/internal/accounts"

// Accounts is who may read the dashboard, kept in DIR/accounts.json. Its
// methods are what the commands user and token do, and what log-in needs;
// see package accounts for what is guaranteed.
type Accounts = accounts.Store

// The words of Accounts, for callers outside this package.
type (
	// User is a person who may log in.
	User = accounts.User
	// Token is a program's right to call the API.
	Token = accounts.Token
	// By is who changes something, and when.
	By = accounts.By
	// Role is what a user may do.
	Role = accounts.Role
	// Kind is what a token is for.
	Kind = accounts.Kind
)

// The roles of users and the kinds of tokens.
const (
	Viewer    = accounts.Viewer
	Admin     = accounts.Admin
	ReadToken = accounts.Read
	MarkToken = accounts.Mark
)

// What Accounts answers; callers branch on them.
var (
	ErrUnknownAccount  = accounts.ErrUnknown // no such user or token
	ErrAccountExists   = accounts.ErrExists
	ErrAccountsVersion = accounts.ErrVersion // the file is newer than the program
	ErrAccountsDamaged = accounts.ErrDamaged
)

// OpenAccounts reads the accounts of a data directory; without a file there
// are no users.
func OpenAccounts(dir string) (*Accounts, error) { return accounts.Open(dir) }

// IsMistake tells whether an error of Accounts is the caller's to mend: exit
// code 2 rather than 1, and a text fit to be shown.
func IsMistake(err error) bool { return accounts.IsMistake(err) }
