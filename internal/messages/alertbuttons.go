package messages

// The actions of the buttons on alerts.
const (
	ActionAskAgain      = "alert.ask"
	ActionAcknowledge   = "alert.acknowledge"
	ActionMute          = "alert.mute"
	ActionPartnerCenter = "alert.open" // leads to Microsoft's page
	ActionShowAlerts    = "alert.show" // cards for the alerts of one customer, out of many
)
