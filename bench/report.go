package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"text/tabwriter"
	"time"
)

// progress tells on standard error what is being done.
func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// describeRun says what the numbers were taken with.
func describeRun(w io.Writer, o options) {
	fmt.Fprintf(w, "%d CPUs, %s %s/%s; %d connections, %d rounds of %s; server, client and floor in one process\n",
		runtime.GOMAXPROCS(0), runtime.Version(), runtime.GOOS, runtime.GOARCH, o.conns, o.rounds, o.duration)
}

// printRows writes the table of one store, in Markdown that lines up.
func printRows(w io.Writer, kind string, rows []row) {
	title := map[string]string{onSQLite: "SQLite", onPostgres: "PostgreSQL"}[kind]
	fmt.Fprintf(w, "\n%s\n\n", title)
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	fmt.Fprintln(t, "\toperation\treal req/s\tfloor req/s\treal/floor\tp50 ms\tp99 ms\tCPU µs/req\tfloor CPU µs/req\tallocs/req\tB/req\tcommits/req\tstatements/req\treads/req\t")
	fmt.Fprintln(t, "\t--:\t--:\t--:\t--:\t--:\t--:\t--:\t--:\t--:\t--:\t--:\t--:\t--:\t")
	for _, r := range rows {
		ratio := "-"
		if r.floor > 0 {
			ratio = fmt.Sprintf("%.0f %%", 100*r.ratio)
		}
		fmt.Fprintf(t, "\t%s\t%.0f\t%.0f\t%s\t%s\t%s\t%d\t%d\t%.0f\t%.0f\t%d\t%d\t%d\t\n", r.op, r.real, r.floor, ratio, ms(r.p50), ms(r.p99),
			r.cpu.Microseconds(), r.least.Microseconds(), r.shape.allocs, r.shape.bytes, len(r.shape.commits), r.shape.statements(), r.shape.queries)
	}
	_ = t.Flush() // standard output
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond)) }
