// Package pgtest starts PostgreSQL's own programs for the tests of one
// package: one cluster a test process, one database a test.
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
//	func TestIt(t *testing.T) { s := pgtest.Open(t, pgtest.Migrated(t), postgres.Options{}) }
//
// The cluster is started by the first database and stopped when Main returns.
// CHECKSTAND_TEST_POSTGRES=off skips the tests that ask for a database.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/enginetest"
	"github.com/checkstand/checkstand/store/postgres"
)

// EnvSwitch names the variable that turns these tests off.
const EnvSwitch = "CHECKSTAND_TEST_POSTGRES"

const (
	template     = "migrated"
	portTries    = 3
	startTimeout = 30 * time.Second
	stopTimeout  = 30 * time.Second
)

// ErrMissing is returned when there are no programs of PostgreSQL.
var ErrMissing = errors.New("PostgreSQL's initdb and postgres were not found in /usr/lib/postgresql/*/bin or PATH; run 'make setup', or set " +
	EnvSwitch + "=off to leave these tests out")

// errEnded is of a server that ended before it answered.
var errEnded = errors.New("postgres ended while starting")

var (
	started  sync.Once
	shared   *cluster
	startErr error
	number   atomic.Int64
)

// watch runs a server until its standard input ends, so that no server outlives
// the tests, however they end. $1 is the directory to remove then.
const watch = `dir=$1; shift; exec 3<&0
"$@" & server=$!
(read _ <&3; kill -INT $server) & leash=$!
wait $server; kill $leash 2>/dev/null; cd /; rm -rf "$dir"`

// cluster is a running server and its files.
type cluster struct {
	dir    string
	port   int
	server *exec.Cmd // the shell that watches over it
	leash  io.Closer // closed by stop, or by the end of this process
	exited chan error
}

// Main runs the tests and stops the cluster, if one was started. It returns
// the exit code.
func Main(m *testing.M) int {
	code := m.Run()
	if shared != nil {
		if err := shared.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "pgtest:", err)
			code = max(code, 1)
		}
	}
	return code
}

// URL makes a new empty database that is dropped after the test, and returns
// its connection URL.
func URL(t testing.TB) string {
	t.Helper()
	return create(t, "")
}

// Migrated is URL with the newest schema in the database, for tests that are
// about something else than how a database comes to it: the migrations run once
// a test process.
func Migrated(t testing.TB) string {
	t.Helper()
	begin(t)
	if err := migrated(); err != nil {
		t.Fatal(err)
	}
	return create(t, " TEMPLATE "+template)
}

// Open opens the store in a database, and closes it after the test.
func Open(t testing.TB, url string, o postgres.Options) *store.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), url, o)
	return enginetest.Opened(t, s, err)
}

// begin starts the cluster, if none runs.
func begin(t testing.TB) {
	t.Helper()
	if os.Getenv(EnvSwitch) == "off" {
		t.Skip(EnvSwitch + "=off")
	}
	started.Do(func() { shared, startErr = start(fsync()) })
	if startErr != nil {
		t.Fatal(startErr)
	}
}

// migrated makes the database that others are copies of.
var migrated = sync.OnceValue(func() error {
	if err := shared.exec("CREATE DATABASE " + template); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	s, err := postgres.Open(context.Background(), shared.url(template), postgres.Options{})
	if err != nil {
		return err
	}
	return s.Close()
})

func create(t testing.TB, like string) string {
	t.Helper()
	begin(t)
	name := fmt.Sprintf("test_%d", number.Add(1))
	if err := shared.exec("CREATE DATABASE " + name + like); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		if err := shared.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	return shared.url(name)
}

// start makes and starts a cluster; fsync is on or off. The port that was free a
// moment ago may be another process's by then, as that of another package's
// tests: another one is tried.
func start(fsync string) (c *cluster, err error) {
	for range portTries {
		if c, err = begun(fsync); !errors.Is(err, errEnded) {
			break
		}
	}
	return c, err
}

func begun(fsync string) (_ *cluster, err error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "checkstand-pg-")
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir, exited: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	account, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--no-sync", "--no-instructions", "--auth=trust",
		"--username=postgres", "--encoding=UTF8", "--locale=C", "--pgdata="+data)
	initdb.Dir, initdb.SysProcAttr = dir, account
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if c.port, err = freePort(); err != nil {
		return nil, err
	}
	c.server = exec.Command("/bin/sh", "-c", watch, "sh", dir, filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(c.port), "-h", "127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync="+fsync, "-c", "max_connections=400", "-c", "shared_buffers=64MB",
		"-c", "log_min_messages=panic", "-c", "log_min_error_statement=panic")
	var log bytes.Buffer
	c.server.Dir, c.server.SysProcAttr, c.server.Stderr = dir, account, &log
	if c.leash, err = c.server.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.server.Start(); err != nil {
		return nil, err
	}
	go func() { c.exited <- c.server.Wait() }()
	if err := c.waitReady(data); err != nil {
		return nil, errors.Join(fmt.Errorf("%w\n%s", err, log.String()), c.leash.Close())
	}
	return c, nil
}

// fsync is off for tests unless durability itself is measured.
func fsync() string {
	if v := os.Getenv("CHECKSTAND_TEST_POSTGRES_FSYNC"); v != "" {
		return v
	}
	return "off"
}

// waitReady waits for this server: one of another process that has the port
// answers with a division by zero.
func (c *cluster) waitReady(data string) error {
	deadline := time.Now().Add(startTimeout)
	for {
		err := c.exec("SELECT 1 / (current_setting('data_directory') = '" + data + "')::int")
		if err == nil {
			return nil
		}
		select {
		case exit := <-c.exited:
			return errors.Join(errEnded, exit)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("postgres did not answer within %s: %w", startTimeout, err)
		}
	}
}

// stop ends the server and removes its files.
func (c *cluster) stop() error {
	if err := c.leash.Close(); err != nil {
		return err
	}
	select {
	case <-c.exited:
		return os.RemoveAll(c.dir)
	case <-time.After(stopTimeout):
		return fmt.Errorf("postgres in %s did not stop within %s", c.dir, stopTimeout)
	}
}

func (c *cluster) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", c.port, database)
}

func (c *cluster) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// programs finds the newest installed initdb with its postgres.
func programs() (dir string, err error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	sort.Slice(found, func(i, j int) bool { return release(found[i]) > release(found[j]) })
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append([]string{path}, found...)
	}
	for _, path := range found {
		dir := filepath.Dir(path)
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil {
			return dir, nil
		}
	}
	return "", ErrMissing
}

func release(initdb string) int {
	parts := strings.Split(initdb, "/")
	n, err := strconv.Atoi(parts[len(parts)-3])
	if err != nil {
		return 0
	}
	return n
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
