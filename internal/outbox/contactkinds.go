package outbox

// NoticeVerified tells the customer's channel that a contact has shown that they belong
// to the customer.
const NoticeVerified NoticeKind = "contact.verified"
