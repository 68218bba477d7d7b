package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPeers holds the bot to what other bots of this trade got wrong, as their users
// reported it. Each bug has a row, and what is wrong about it is its name. A row has
// its own test, or names those that hold it where the level is right:
//
//	internal/graph TestJoin/Name    a test, and of its rows one
//	story overlap                   one of testdata/stories
//	attack ApproveByGuest           a row of [TestAttacks]
//
// What a row names must be there, so no row points at a test that is gone.
func TestPeers(t *testing.T) {
	t.Parallel()
	scene := newPeerScene(t)
	for _, bug := range peerBugs {
		t.Run(bug.name, func(t *testing.T) {
			if len(bug.held) == 0 && bug.test == nil {
				t.Error("nothing holds it")
			}
			for _, name := range bug.held {
				if !isTest(t, name) {
					t.Errorf("there is no %s", name)
				}
			}
			if bug.test != nil {
				bug.test(t, scene)
			}
		})
	}
}

// peerBug is something that others got wrong.
type peerBug struct {
	name, suffered string
	held           []string
	test           func(*testing.T, *peerScene) // may be nil
}

var peerBugs = []peerBug{
	{"two_people_click_at_once", "elevator made two schedules to revoke, hoop and discord/access lost one of two words", []string{
		"attack ApproveAndDenyAtOnce", "attack ApproveEightTimesAtOnce", "attack PageAndSlackAtOnce",
		"internal/approvals TestQuorum", "internal/graph TestTwoJoinsAtOnce", "internal/state/boltstore TestSuite",
	}, fiftyClicks},
	{"first_end_takes_what_a_second_grant_gives", "TEAM, estuary/flow: the end of one grant took away what another still gave", []string{
		"story overlap", "story pim_overlap", "story handover", "internal/graph TestLeave", "internal/approvals TestHeld", "internal/approvals TestModel",
	}, nil},
	{"shown_as_granted_before_it_is", "elevator told first and gave then, TEAM said revoked of what was in force", []string{
		"story faults_graph", "internal/graph TestJoin", "internal/graph TestLeaveIsReadBack", "internal/graph TestLeaveBeforeTheJoinShows",
		"internal/approvals TestRefusedOutside", "internal/approvals TestNeverInForce", "internal/approvals TestLeaveTrouble",
	}, nil},
	{"request_deleted_before_the_grant", "accessbot forgot the request before it gave anything", []string{
		"cmd/bot TestCrashPoints", "internal/outbox TestFaults/CrashBefore", "internal/outbox TestDoneFails", "internal/graph TestFaults",
	}, nil},
	{"state_in_memory", "accessbot, KiroCrew, ontos and foqos lost grants and their ends in a restart, or never called what ends them", []string{
		"story crash", "story scheduled_crash", "cmd/bot TestCrashPoints", "cmd/bot TestScheduledCrashPoints", "internal/schedule TestOnce", "internal/state/boltstore TestKill",
	}, nil},
	{"whoever_sees_the_button_may_approve", "hermes-agent, forge and openclaw took an empty list of approvers for everybody", []string{
		"story wrong_hands", "attack ApproveByOutsider", "attack ApproveByRequester", "attack ApproveByColleague", "attack ApproveByAdmin",
		"attack ApproveByOtherCustomer", "attack ApproveByStranger", "attack ApproveByGuest", "attack ApproveByDeactivated", "attack ApproveByRobot",
		"attack ContactWhoIsABot", "attack NobodyActs", "internal/approvals TestMayDecide", "internal/approvals TestNoPeer",
	}, nil},
	{"slack_connect_names_another_team", "hermes-agent, PostHog, centaur and GoAlert found the button dead when the team of the payload was another, or names were empty", []string{
		"internal/chat TestWhoIsExternal", "internal/chat TestInvocationOfInteractions", "attack UserOfAnotherTeam",
	}, teamsOfPayloads},
	{"trigger_is_dead_after_three_seconds", "bolt's users did slow work before they opened the modal", []string{
		"internal/chat TestSlowDecisionEnds", "internal/chat TestNothingSlowIsWaitedFor", "internal/chat TestStuckStoreIsSaidInTime",
		"internal/approvals TestNotRecordedInTime",
	}, hungOutside},
	{"blocks_beyond_the_limits_of_slack", "teleport and elevator sent texts, lists and options that Slack refuses whole", []string{
		"internal/messages FuzzHostile", "internal/messages TestCards", "internal/messages TestReplies", "internal/messages TestModals",
		"internal/chat TestSuggestionAnswer/None", "internal/approvals TestManyCustomers",
	}, nil},
	{"runes_split_and_texts_that_call_everybody", "hoop and teleport cut by bytes, and let a reason notify a channel", []string{
		"internal/messages FuzzHostile", "internal/messages TestNothingInvisible", "internal/commands FuzzSlash", "attack DenyUnseen",
	}, nil},
	{"storms_of_429", "accessbot, elevator, OneUptime and home-assistant listed everybody for each command, and posted that a post had failed", []string{
		"internal/chat TestRateLimit", "internal/chat TestOutage", "internal/chat TestZones", "internal/chat TestPrivate", "story faults_slack",
		"internal/graph TestThrottleCarriesTheWait", "internal/graph TestManyThrottledInside", "internal/outbox TestBackoff",
	}, nil},
	{"one_missing_approver_breaks_the_request", "elevator and TEAM failed whole when one of several could not be looked up, and asked who was gone", []string{
		"internal/chat TestNamesAreNotHandles", "internal/approvals TestLeft", "story left", "story left_entra", "attack ApproveByDeactivated",
	}, nil},
	{"nobody_can_approve_what_was_sent", "elevator said that a request was sent which nobody could approve", []string{
		"internal/approvals TestSubmitRefuses", "internal/approvals TestNoPeer", "internal/approvals TestNoPage", "story rules",
	}, nil},
	{"orphans_of_work_half_done", "CIPP, GDAPTransition and the SDK's users left relationships half made, took a conflict for a failure and an empty list for the end of all", []string{
		"internal/graph TestOfferFaults", "internal/graph TestTwoOffersAtOnce", "internal/graph TestContainerLooksAgain", "internal/graph TestAssignAdopts",
		"internal/graph TestContainerAwaitsAnUnlistedAssignment", "internal/watch TestDoubtful", "story alert_bad_read", "story relationship_faults",
	}, nil},
	{"malformed_id_of_a_relationship", "the documents show an id of one GUID; real ones are two", []string{
		"internal/partnercenter TestParseNotification/OneGUID", "internal/commands TestOfferClicks/terminate one GUID", "internal/graph TestMissingIDs",
	}, nil},
	{"data_of_another_customer", "CIPP showed what it had read of the tenant before", []string{
		"story wrong_hands", "attack ApproveOthersRequest", "attack ApproveOthersRequestThere", "attack DenyOthersByMetadata", "attack ApproveInOtherChannel",
		"internal/approvals TestContactOfAnotherTeam", "internal/approvals TestSummaryIsOfOneCustomer", "story private",
	}, nil},
	{"audit_with_gaps", "elevator wrote down what was given alone, keel forgot who said no", []string{
		"internal/approvals TestModel", "internal/access FuzzWalk", "internal/approvals TestDeny", "internal/approvals TestDueLapses", "internal/approvals TestRefuseAndForged",
		"internal/messages TestEventsAreWorded", "story deny", "story lapse",
	}, nil},
	{"case_of_ids", "accessbot did not know a request whose id was typed in small letters", []string{
		"internal/access TestParseRequestID/LowerCase", "internal/access TestParseRequestID/LookAlikes", "internal/access FuzzParseRequestID",
	}, nil},
	{"all_requests_are_loaded_at_once", "teleport and kviklet read all that ever was for each list", []string{
		"internal/approvals TestManyRequests", "internal/app TestScale",
	}, nil},
}

var (
	storyNamed = regexp.MustCompile(`^story (\w+)$`)
	attackName = regexp.MustCompile(`^attack (\w+)$`)
	testNamed  = regexp.MustCompile(`^([\w/]+) ((?:Test|Fuzz)\w+)(?:/([\w ]+))?$`)
)

// isTest reports whether there is what a row names.
func isTest(t *testing.T, name string) bool {
	t.Helper()
	if m := storyNamed.FindStringSubmatch(name); m != nil {
		_, err := os.Stat(filepath.Join("testdata", "stories", m[1]+".txtar"))
		return err == nil
	}
	if m := attackName.FindStringSubmatch(name); m != nil {
		return slices.ContainsFunc(assaults, func(a assault) bool {
			return slices.ContainsFunc(a.attacks, func(one attack) bool { return one.name == m[1] })
		})
	}
	m := testNamed.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	found, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(m[1]), "*_test.go"))
	must(t, err)
	return slices.ContainsFunc(found, func(file string) bool {
		raw, err := os.ReadFile(file)
		must(t, err)
		return strings.Contains(string(raw), "\nfunc "+m[2]+"(") && (m[3] == "" || strings.Contains(string(raw), `"`+m[3]+`"`))
	})
}
