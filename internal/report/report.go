// Package report draws pictures of figures and writes tables. It knows neither where
// they come from nor where they go.
package report
