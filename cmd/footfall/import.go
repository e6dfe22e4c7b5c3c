package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"text/tabwriter"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
	"footfall/collector"
)

type importCommand struct {
	Site              string   `required:"" placeholder:"HOST" help:"The site whose log it is."`
	Zone              string   `placeholder:"ZONE" help:"Time zone of a new site's days (default Europe/Paris); a known site's must agree."`
	Replace           bool     `help:"Put the new count of a day in the place of the one that is there."`
	ObjectionsUnknown bool     `help:"Accept a log that does not tell who has objected; its days are marked."`
	DryRun            bool     `help:"Count and print, write nothing."`
	JSON              bool     `name:"json" help:"Print the summary as JSON, with exact counts."`
	Format            string   `default:"auto" placeholder:"FORMAT" help:"auto, combined, common, json or caddy (default auto)."`
	File              []string `arg:"" help:"Access logs, plain or compressed by gzip or bzip2; - is standard input."`
}

// caution is what an operator must know before counting from a log that was
// not made for it.
const caution = "Counting from a log kept for another purpose, such as security, changes the purpose of that log and needs a justification of its own. " +
	"Such a log also holds the visits of people who have objected to being measured, and nobody can tell them apart in it: " +
	"footfall print nginx and footfall print caddy show a log that leaves them out."

// Help is shown below the command's flags.
func (importCommand) Help() string {
	return "Every line passes the same reduction as a beacon: nothing of an address, an agent or a query is kept. " +
		"Days that are not over, or older than the retention, are refused. " + caution
}

func (c *importCommand) Run(a *app, ctx *context.Context) error {
	config, err := a.config()
	if err != nil {
		return err
	}
	job := &importJob{importCommand: c, app: a, config: config}
	if err := job.settle(*ctx); err != nil {
		return err
	}
	summary, err := job.reduce(*ctx)
	if job.file != "" {
		defer os.Remove(job.file)
	}
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	if job.lines.Parsed == 0 {
		return fmt.Errorf("import: none of %d lines could be read as %s", job.lines.Lines, c.Format)
	}
	if job.lines.Ordinary > 0 {
		fmt.Fprintf(a.stderr, "footfall: caution: %s\n", caution)
		if !c.ObjectionsUnknown && !c.DryRun {
			return errors.New("import: the log does not tell who has objected: --objections-unknown counts it all the same and marks its days")
		}
	}
	if n := summary.LateLines; n > 0 && !c.DryRun {
		return fmt.Errorf("import: %d lines came after lines of %d later days; nothing was imported: sort the logs by time", n, aggregate.MaxImportDays)
	}
	if err := job.handOver(*ctx); err != nil {
		return err
	}
	if n := summary.EarlierLines; n > 0 {
		fmt.Fprintf(a.stderr, "footfall: %d hits came after hits that are more than 30 minutes later: their views are counted, and visits and bounces of those days are less exact than from logs merged by time\n", n)
	}
	if c.JSON {
		return job.printJSON(summary)
	}
	return job.printText(summary)
}

// importJob is one import: lines are reduced in this process, and finished
// days handed to whoever owns the data directory.
type importJob struct {
	*importCommand
	app    *app
	config *Config
	site   aggregate.SiteConfig
	lines  collector.Summary
	file   string // of finished days, "" in a dry run
}

// settle finds out how the site is counted. A site that nobody knows yet is
// made by its first import, but not by a dry run.
func (j *importJob) settle(ctx context.Context) error {
	host, err := hit.ParseHost(strings.ToLower(j.Site))
	if err != nil {
		return usagef("--site: %w", err)
	}
	if j.Zone != "" {
		if j.config.newZone, err = parseZone(j.Zone); err != nil {
			return usagef("--zone: %w", err)
		}
	}
	host = j.config.canonical(host)
	site, configured := j.configured(host)
	j.site = aggregate.SiteConfig{Host: host, Zone: site.Zone, RetentionMonths: site.RetentionMonths, Sections: site.Sections}
	known, err := j.ask(ctx, existing, true)
	if err != nil || known {
		return err
	}
	if j.DryRun {
		if j.site.Zone == nil {
			j.site.Zone = j.config.newZone
		}
		if j.site.Zone == nil {
			j.site.Zone, err = parseZone(defaultZone)
		}
		return err
	}
	_, err = j.ask(ctx, creating, false) // makes it
	if configured {
		j.site.RetentionMonths, j.site.Sections = site.RetentionMonths, site.Sections
	}
	return err
}

// configured returns what the configuration says of the site, and whether it
// says anything.
func (j *importJob) configured(host hit.Host) (Site, bool) {
	for i := range j.config.Sites {
		if j.config.Sites[i].Host == host {
			return j.config.Sites[i], true
		}
	}
	return Site{Host: host, RetentionMonths: defaultRetention}, false
}

// ask asks the owner of the data directory about the site; that it is unknown
// is an error only where that is not expected.
func (j *importJob) ask(ctx context.Context, need access, expected bool) (known bool, err error) {
	var answer importSiteAnswer
	reply, err := j.app.onData(ctx, j.config, "import site", &importSite{Site: j.Site, Zone: j.Zone, Unknown: expected}, need)
	if expected && errors.Is(err, errNoData) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if reply.Code != 0 {
		return false, j.app.print(reply)
	}
	if err := json.Unmarshal([]byte(reply.Stdout), &answer); err != nil {
		return false, fmt.Errorf("read the answer about the site: %w", err)
	}
	if !answer.Known {
		return false, nil
	}
	j.site.RetentionMonths, j.site.Sections = answer.RetentionMonths, answer.Sections
	if j.site.Zone, err = parseZone(answer.Zone); err == nil {
		j.site.Host, err = hit.ParseHost(answer.Host) // the name that was given may be an alias there
	}
	return true, err
}

// importSite asks how a site is counted.
type importSite struct {
	Site, Zone string
	Unknown    bool // an unknown site is no error
}

type importSiteAnswer struct {
	Known           bool
	Host            string
	Zone            string
	RetentionMonths int
	Sections        []string
}

func (c *importSite) do(_ context.Context, s *session) error {
	site, err := s.site(c.Site, c.Zone)
	if errors.Is(err, aggregate.ErrUnknownSite) {
		if c.Unknown {
			return json.NewEncoder(s.stdout).Encode(&importSiteAnswer{})
		}
		site, err = c.add(s)
	}
	if err != nil {
		return err
	}
	if site.Stored {
		site.RetentionMonths = defaultRetention
	}
	return json.NewEncoder(s.stdout).Encode(&importSiteAnswer{true, site.Host.String(), site.Zone.String(), site.RetentionMonths, site.Sections})
}

// add makes a site that nobody has counted yet.
func (c *importSite) add(s *session) (*aggregate.SiteConfig, error) {
	host, err := hit.ParseHost(strings.ToLower(c.Site))
	if err != nil {
		return nil, usagef("--site: %w", err)
	}
	zone, err := parseZone(cmp.Or(c.Zone, defaultZone))
	if err != nil {
		return nil, usagef("--zone: %w", err)
	}
	if err := s.db.AddSite(host, zone); err != nil {
		return nil, err
	}
	return s.site(c.Site, c.Zone)
}

// importDays takes over a file of finished days that lies in the data
// directory.
type importDays struct {
	File    string
	Replace bool
}

func (c *importDays) do(_ context.Context, s *session) error {
	_, err := s.db.Merge(filepath.Join(s.dir, filepath.Base(c.File)), c.Replace)
	return err
}

// importGarbage is how much garbage an import lets lie, in percent of what is
// in use: less than Go's 100, since what is in use is small and lives long.
const importGarbage = 50

// reduce reads the logs and writes the file of finished days.
func (j *importJob) reduce(ctx context.Context) (*aggregate.ImportSummary, error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(importGarbage)
	}
	show := newProgress(j.app.stderr, j.File)
	defer show.done()
	o, err := intakeOptions(j.config, nil)
	if err != nil {
		return nil, err
	}
	from, err := openPlaces(j.config)
	if err != nil {
		return nil, err
	}
	configured, _ := j.configured(j.site.Host) // a site that is not has nothing to say
	lines, err := collector.NewLines(collector.LinesOptions{
		Site: collector.Site{Host: j.site.Host, Aliases: configured.Aliases, Zone: j.site.Zone,
			Paths: configured.Paths, NoVisitors: configured.NoVisitors},
		Format:  j.Format,
		Exclude: o.Exclude, Spam: o.Spam, PrefixV4: o.PrefixV4, PrefixV6: o.PrefixV6, Country: from.lookup,
		Progress: show.read,
	})
	if err != nil {
		return nil, usageError{err}
	}
	if !j.DryRun {
		if j.file, err = tempIn(j.config.Data); err != nil {
			return nil, err
		}
	}
	importer, err := aggregate.NewImporter(aggregate.ImportOptions{
		Site: j.site, Now: time.Now(), ObjectionsUnknown: j.ObjectionsUnknown, File: j.file,
	})
	if err != nil {
		return nil, err
	}
	if err := j.sortFiles(ctx, lines); err != nil {
		return nil, errors.Join(err, importer.Discard())
	}
	for _, name := range j.File {
		if err := j.readFile(ctx, lines, importer, name); err != nil {
			return nil, errors.Join(err, importer.Discard())
		}
		show.next()
	}
	return importer.Finish()
}

// handOver gives the finished days to the owner of the data directory.
func (j *importJob) handOver(ctx context.Context) error {
	if j.file == "" {
		return nil
	}
	reply, err := j.app.onData(ctx, j.config, "import days", &importDays{filepath.Base(j.file), j.Replace}, creating)
	if err != nil {
		return err
	}
	return j.app.print(reply)
}

// printJSON writes the summary that scripts read. Its counts are exact, for
// whoever holds the log.
func (j *importJob) printJSON(summary *aggregate.ImportSummary) error {
	days := make(map[string]aggregate.DayCounts, len(summary.Days))
	for day, counts := range summary.Days {
		days[day.String()] = counts
	}
	return json.NewEncoder(j.app.stdout).Encode(struct {
		Lines        int64                          `json:"lines"`
		Parsed       int64                          `json:"parsed"`
		Malformed    int64                          `json:"malformed"`
		RefusedDays  int                            `json:"refused_days"`
		RefusedLines int64                          `json:"refused_lines,omitempty"`
		EarlierLines int64                          `json:"earlier_lines,omitempty"`
		Days         map[string]aggregate.DayCounts `json:"days"`
	}{j.lines.Lines, j.lines.Parsed, j.lines.Malformed, summary.RefusedDays, summary.RefusedLines, summary.EarlierLines, days})
}

// printText writes the summary for people, in published values.
func (j *importJob) printText(summary *aggregate.ImportSummary) error {
	t := tabwriter.NewWriter(j.app.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "day\tviews\tvisitors\tbots\t\n")
	for _, day := range summary.SortedDays() {
		c := summary.Days[day]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t\n", day, published(c.Views), published(c.Visitors), published(c.Bots))
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	if n := summary.RefusedDays; n > 0 {
		fmt.Fprintf(j.app.stdout, "%d days were refused: not over yet, or older than %d months\n", n, j.site.RetentionMonths)
	}
	if n := summary.LateLines; n > 0 {
		fmt.Fprintf(j.app.stdout, "%d lines were refused: their day was finished already; sort the log by time\n", n)
	}
	verdict := fmt.Sprintf("%d days counted", len(summary.Days))
	if j.DryRun {
		verdict += "; nothing was written"
	} else if j.lines.Ordinary > 0 {
		verdict += " and marked: who had objected is unknown"
	}
	_, err := fmt.Fprintln(j.app.stdout, verdict)
	return err
}

func published(n int64) string { return publish.NewCount(uint64(max(n, 0))).String() }
