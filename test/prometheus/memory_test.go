package prometheus_test

import (
	"context"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// memory is a store of series, as the engine reads it.
type memory []held

type held struct {
	labels  labels.Labels
	samples []sample
}

type sample struct {
	t int64
	v float64
}

// T, ST, F, H, FH, Type and Copy implement a sample of the engine.
func (s sample) T() int64                      { return s.t }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.v }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

// Querier implements [storage.Queryable].
func (m memory) Querier(from, to int64) (storage.Querier, error) { return reading{m, from, to}, nil }

type reading struct {
	memory
	from, to int64
}

// Select implements [storage.Querier].
func (r reading) Select(_ context.Context, _ bool, _ *storage.SelectHints, by ...*labels.Matcher) storage.SeriesSet {
	var found []storage.Series
	for _, h := range r.memory {
		if slices.ContainsFunc(by, func(m *labels.Matcher) bool { return !m.Matches(h.labels.Get(m.Name)) }) {
			continue
		}
		var in []chunks.Sample
		for _, s := range h.samples {
			if s.t >= r.from && s.t <= r.to {
				in = append(in, s)
			}
		}
		found = append(found, storage.NewListSeries(h.labels, in))
	}
	slices.SortFunc(found, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return &list{found: found, at: -1}
}

// LabelValues, LabelNames and Close implement [storage.Querier]; nobody asks for them.
func (reading) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (reading) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}
func (reading) Close() error { return nil }

// list is what was found.
type list struct {
	found []storage.Series
	at    int
}

func (l *list) Next() bool                        { l.at++; return l.at < len(l.found) }
func (l *list) At() storage.Series                { return l.found[l.at] }
func (l *list) Err() error                        { return nil }
func (l *list) Warnings() annotations.Annotations { return nil }
