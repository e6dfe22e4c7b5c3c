package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"footfall/dashboard"
)

type userCommand struct {
	Add      userAddCommand      `cmd:"" help:"Add a user; the password is one line from standard input."`
	List     userListCommand     `cmd:"" help:"List the users."`
	Remove   userRemoveCommand   `cmd:"" help:"Remove a user and end its log-in sessions."`
	Password userPasswordCommand `cmd:"" help:"Replace a password by one line from standard input."`
	Rights   userRightsCommand   `cmd:"" help:"Replace a user's role or sites and end the user's log-in sessions."`
}

type userAddCommand struct {
	Name       string   `arg:"" help:"The user's name."`
	Role       string   `default:"viewer" placeholder:"ROLE" help:"viewer or admin (default viewer)."`
	NoPassword bool     `help:"Without a password: only a proxy named by --login-proxy lets the user in."`
	Site       []string `placeholder:"HOST" help:"A site that the user may read; repeat for more (default: every site)."`
	Password   string   `kong:"-"`
}

func (c *userAddCommand) Run(a *app, ctx *context.Context) (err error) {
	if !c.NoPassword {
		if c.Password, err = readPassword(a.stdin); err != nil {
			return err
		}
	}
	return a.run(*ctx, "user add", c, creating)
}

func (c *userAddCommand) do(ctx context.Context, s *session) error {
	var err error
	if c.NoPassword {
		err = s.people.AddOutsideUser(s.by(), c.Name, dashboard.Role(c.Role), c.Site)
	} else {
		err = s.people.AddUser(ctx, s.by(), c.Name, dashboard.Role(c.Role), c.Site, c.Password)
	}
	if err != nil {
		return mistake(err)
	}
	_, err = fmt.Fprintf(s.stdout, "user %s added\n", c.Name)
	return err
}

type userListCommand struct{}

func (c *userListCommand) Run(a *app, ctx *context.Context) error {
	return a.run(*ctx, "user list", c, existing)
}

func (c *userListCommand) do(_ context.Context, s *session) error {
	t := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	for _, u := range s.people.Users() {
		fmt.Fprintf(t, "%s\t%s\t%s\tsince %s\n", u.Name, u.Role, sitesOf(u.Sites), u.Created)
	}
	return t.Flush()
}

type userRemoveCommand struct {
	Name string `arg:"" help:"The user's name."`
}

func (c *userRemoveCommand) Run(a *app, ctx *context.Context) error {
	return a.run(*ctx, "user remove", c, existing)
}

func (c *userRemoveCommand) do(_ context.Context, s *session) error {
	if err := s.people.RemoveUser(s.by(), c.Name); err != nil {
		return mistake(err)
	}
	_, err := fmt.Fprintf(s.stdout, "user %s removed\n", c.Name)
	return err
}

type userPasswordCommand struct {
	Name     string `arg:"" help:"The user's name."`
	Password string `kong:"-"`
}

func (c *userPasswordCommand) Run(a *app, ctx *context.Context) (err error) {
	if c.Password, err = readPassword(a.stdin); err != nil {
		return err
	}
	return a.run(*ctx, "user password", c, existing)
}

func (c *userPasswordCommand) do(ctx context.Context, s *session) error {
	if err := s.people.SetPassword(ctx, s.by(), c.Name, c.Password); err != nil {
		return mistake(err)
	}
	_, err := fmt.Fprintf(s.stdout, "the password of %s is replaced and its log-in sessions have ended\n", c.Name)
	return err
}

type userRightsCommand struct {
	Name      string   `arg:"" help:"The user's name."`
	Role      string   `placeholder:"ROLE" help:"viewer or admin (default: the role stays)."`
	Site      []string `placeholder:"HOST" help:"A site that the user may read; repeat for more, these take the place of all before (default: the sites stay)."`
	EverySite bool     `help:"The user may read every site."`
}

func (c *userRightsCommand) Run(a *app, ctx *context.Context) error {
	if c.Role == "" && len(c.Site) == 0 && !c.EverySite {
		return usagef("nothing to change: give --role, --site or --every-site")
	}
	if len(c.Site) > 0 && c.EverySite {
		return usagef("--site and --every-site say two things")
	}
	return a.run(*ctx, "user rights", c, existing)
}

func (c *userRightsCommand) do(_ context.Context, s *session) error {
	u, known := s.people.User(c.Name)
	if !known {
		return dashboard.ErrUnknownAccount
	}
	role, sites := u.Role, u.Sites
	if c.Role != "" {
		role = dashboard.Role(c.Role)
	}
	if len(c.Site) > 0 || c.EverySite {
		sites = c.Site
	}
	if err := s.people.SetRights(s.by(), c.Name, role, sites); err != nil {
		return mistake(err)
	}
	_, err := fmt.Fprintf(s.stdout, "user %s is now %s of %s and the log-in sessions have ended\n", c.Name, role, sitesOf(sites))
	return err
}

type tokenCommand struct {
	Add    tokenAddCommand    `cmd:"" help:"Make a token and print it, once."`
	List   tokenListCommand   `cmd:"" help:"List the tokens."`
	Revoke tokenRevokeCommand `cmd:"" help:"End a token."`
}

type tokenAddCommand struct {
	Site []string `placeholder:"HOST" help:"A site that the token may read; repeat for more (default: every site)."`
	Kind string   `default:"read" placeholder:"KIND" help:"read or mark (default read)."`
}

func (c *tokenAddCommand) Run(a *app, ctx *context.Context) error {
	return a.run(*ctx, "token add", c, creating)
}

func (c *tokenAddCommand) do(_ context.Context, s *session) error {
	text, _, err := s.people.AddToken(s.by(), dashboard.Kind(c.Kind), c.Site)
	if err != nil {
		return mistake(err)
	}
	_, err = fmt.Fprintln(s.stdout, text)
	return err
}

type tokenListCommand struct{}

func (c *tokenListCommand) Run(a *app, ctx *context.Context) error {
	return a.run(*ctx, "token list", c, existing)
}

func (c *tokenListCommand) do(_ context.Context, s *session) error {
	t := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	for _, token := range s.people.Tokens() {
		used := "never used"
		if token.Used != "" {
			used = "last used " + token.Used
		}
		fmt.Fprintf(t, "%s\t%s\t%s\tsince %s\t%s\n", token.ID, token.Kind, sitesOf(token.Sites), token.Created, used)
	}
	return t.Flush()
}

type tokenRevokeCommand struct {
	ID string `arg:"" help:"The token's id, as token list shows it."`
}

func (c *tokenRevokeCommand) Run(a *app, ctx *context.Context) error {
	return a.run(*ctx, "token revoke", c, existing)
}

func (c *tokenRevokeCommand) do(_ context.Context, s *session) error {
	if err := s.people.RevokeToken(s.by(), c.ID); err != nil {
		return mistake(err)
	}
	_, err := fmt.Fprintf(s.stdout, "token %s has ended\n", c.ID)
	return err
}

// by is who changes the accounts from a command.
func (s *session) by() dashboard.By { return dashboard.By{At: s.now(), Who: "command line"} }

// byPassword is who changes them for the environment's password.
func (s *session) byPassword() dashboard.By { return dashboard.By{At: s.now(), Who: adminPassword} }

func sitesOf(sites []string) string {
	if len(sites) == 0 {
		return "every site"
	}
	return strings.Join(sites, ",")
}

// mistake makes a usage error of what the caller of the accounts got wrong,
// but for a name that is not there: that is a command that failed.
func mistake(err error) error {
	if dashboard.IsMistake(err) && !errors.Is(err, dashboard.ErrUnknownAccount) && !errors.Is(err, dashboard.ErrAccountExists) {
		return usageError{err}
	}
	return err
}

// readPassword reads one line. What rules a password must keep is the
// accounts' to say.
func readPassword(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", usagef("the password is one line from standard input, and there was none")
	}
	return line, nil
}
