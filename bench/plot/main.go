// Command plot draws what the benchmarks measured, read from standard input in the form of
// `go test -bench`, as the picture of docs/performance.md: how many deliveries each app
// acknowledges in a second and how soon, and what a longer history costs.
//
//	cat bench/results/*.txt | go run ./bench/plot > docs/performance.svg
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

func main() {
	runs, err := read(os.Stdin)
	if err == nil {
		err = draw(os.Stdout, runs)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// runs are measurements by the name of the benchmark, without that of its processors, and
// by unit: of several, the mean.
type runs map[string]map[string]float64

// read reads lines such as
//
//	BenchmarkAck/click/senders=32/app=latchkey-2   3000   562000 ns/op   1858 acks/s
//
// and passes over every other.
func read(r io.Reader) (runs, error) {
	sums, counts := runs{}, map[string]float64{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || len(fields)%2 != 0 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if at := strings.LastIndex(name, "-"); at >= 0 {
			name = name[:at]
		}
		if sums[name] == nil {
			sums[name] = map[string]float64{}
		}
		for i := 2; i < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %q is not a number", fields[0], fields[i])
			}
			sums[name][fields[i+1]] += v
		}
		counts[name]++
	}
	for name, n := range counts {
		for unit := range sums[name] {
			sums[name][unit] /= n
		}
	}
	return sums, lines.Err()
}
