package access

// Severity says how much an alert wants somebody to look. By it alerts are routed.
type Severity string

// The severities, the worst first.
const (
	// SeverityUrgent is access that nobody approved, or that could not be taken away.
	SeverityUrgent Severity = "urgent"
	// SeverityAlarm is whatever else is not as it was before.
	SeverityAlarm Severity = "alarm"
	// SeverityInfo is told, no more.
	SeverityInfo Severity = "info"
)

// Severities lists them, the worst first.
func Severities() []Severity { return []Severity{SeverityUrgent, SeverityAlarm, SeverityInfo} }

// Severity tells how bad what is wrong is now.
func (a Alert) Severity() Severity {
	if _, stranger := a.WrongAt(AspectStranger); stranger {
		return SeverityUrgent
	}
	if _, stuck := a.WrongAt(AspectRemoval); stuck {
		return SeverityUrgent
	}
	if len(a.Wrong) > 0 {
		return SeverityAlarm
	}
	return SeverityInfo
}

// Worst returns the worst severity of many alerts.
func Worst(all []Alert) Severity {
	worst := SeverityInfo
	for _, a := range all {
		switch a.Severity() {
		case SeverityUrgent:
			return SeverityUrgent
		case SeverityAlarm:
			worst = SeverityAlarm
		case SeverityInfo:
		}
	}
	return worst
}
