package pgtest

import "fmt"

// Server is a cluster for a program that is not a test, such as a benchmark.
// It syncs each commit to the disk, as a server in production does.
type Server struct{ c *cluster }

// Start starts a cluster. It returns an error that wraps ErrMissing when there
// are no programs of PostgreSQL. Stop it afterwards.
func Start() (*Server, error) {
	c, err := start("on")
	if err != nil {
		return nil, err
	}
	return &Server{c}, nil
}

// Database makes a new empty database and returns its connection URL.
func (s *Server) Database() (url string, err error) {
	name := fmt.Sprintf("bench_%d", number.Add(1))
	if err := s.c.exec("CREATE DATABASE " + name); err != nil {
		return "", fmt.Errorf("create database: %w", err)
	}
	return s.c.url(name), nil
}

// Stop ends the cluster and removes its files.
func (s *Server) Stop() error { return s.c.stop() }
