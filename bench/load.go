package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// answerTimeout is how long the client waits for an answer before it gives up.
const answerTimeout = 30 * time.Second

// answerBuffer holds the longest answer.
const answerBuffer = 64 << 10

// load is what the client does to a server.
type load struct {
	address string
	tapes   tapes // one a connection
	again   bool  // play the tapes again when they end; else stop
	warmUp  time.Duration
	measure time.Duration               // 0 is until the tapes end
	keep    func(conn int, body []byte) // is given each answer; may be nil
}

// result is what a load saw after its warm-up.
type result struct {
	rate     float64 // answers a second
	p50, p99 time.Duration
	answers  int
	cpu      time.Duration // of the process, client included, for each answer
}

// run plays the tapes, each on a connection of its own, one request after the
// other. An answer that is no success ends the run with an error.
func (l *load) run() (result, error) {
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		all    []time.Duration
		res    result
		errs   []error
		begun  = make(chan struct{})
		begins time.Time
		total  atomic.Int64 // answers, the warm-up's too
	)
	for c, t := range l.tapes {
		if err := t.rewind(); err != nil {
			return res, err
		}
		conn, err := net.Dial("tcp", l.address)
		if err != nil {
			return res, err
		}
		wg.Go(func() {
			<-begun
			seen, elapsed, err := l.play(conn, c, t, begins, &total)
			err = errors.Join(err, conn.Close())
			mu.Lock()
			defer mu.Unlock()
			all, errs = append(all, seen...), append(errs, err)
			if len(seen) > 0 {
				res.rate += float64(len(seen)) / elapsed.Seconds()
			}
		})
	}
	begins = time.Now()
	used := cpuTime()
	close(begun)
	wg.Wait()
	res.cpu = (cpuTime() - used) / time.Duration(max(total.Load(), 1))
	if err := errors.Join(errs...); err != nil {
		return res, err
	}
	slices.Sort(all)
	if res.answers = len(all); res.answers > 0 {
		res.p50, res.p99 = all[len(all)/2], all[len(all)*99/100]
	}
	return res, nil
}

// play uses one connection. It returns how long each measured exchange took,
// and the time that they were in.
func (l *load) play(conn net.Conn, c int, t *tape, begins time.Time, total *atomic.Int64) (seen []time.Duration, elapsed time.Duration, err error) {
	from := begins.Add(l.warmUp)
	until := from.Add(l.measure)
	seen = make([]time.Duration, 0, t.n)
	answers := bufio.NewReaderSize(conn, answerBuffer)
	for now := time.Now(); l.measure == 0 || now.Before(until); {
		request, err := t.next()
		if errors.Is(err, io.EOF) && l.again {
			if err = t.rewind(); err == nil {
				continue
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, 0, err
		}
		sent := time.Now()
		if err := conn.SetDeadline(sent.Add(answerTimeout)); err != nil {
			return nil, 0, err
		}
		if _, err := conn.Write(request); err != nil {
			return nil, 0, err
		}
		body, err := readAnswer(answers)
		if err != nil {
			return nil, 0, err
		}
		total.Add(1)
		if now = time.Now(); !sent.Before(from) {
			seen, elapsed = append(seen, now.Sub(sent)), now.Sub(from)
		}
		if l.keep != nil {
			l.keep(c, body)
		}
	}
	return seen, elapsed, nil
}

// readAnswer reads one HTTP/1.1 answer with a Content-Length. The body is
// valid until the next read.
func readAnswer(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	success := len(line) > 12 && line[9] == '2'
	length := 0
	for first := true; ; first = false {
		if !first {
			if line, err = r.ReadSlice('\n'); err != nil {
				return nil, err
			}
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return nil, err
			}
		}
	}
	body, err := r.Peek(length)
	if err != nil {
		return nil, err
	}
	if !success {
		return nil, fmt.Errorf("the server answered %s", body)
	}
	_, err = r.Discard(length)
	return body, err
}
