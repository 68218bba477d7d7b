package schedule

import "time"

// SweepBy has passes read about so many things one by one.
func (s *Sync) SweepBy(n int) { s.most = n }

// Pace is pace.
func Pace(interval, changed, took time.Duration) time.Duration { return pace(interval, changed, took) }
