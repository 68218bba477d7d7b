// @slack/web-api against the stand-in Slack.
import assert from 'node:assert/strict';
import webapi from '@slack/web-api';
import { act, done, env, silent, step } from './kit.mjs';

const {
  ErrorCode, retryPolicies, WebClient, WebClientEvent,
} = webapi;

const options = { slackApiUrl: env.SLACK, logger: silent, retryConfig: retryPolicies.rapidRetryPolicy };
const slack = new WebClient(env.BOT_TOKEN, options);

const section = (text, id) => ({ type: 'section', block_id: id, text: { type: 'mrkdwn', text } });
const modal = (title, more = {}) => ({
  type: 'modal', title: { type: 'plain_text', text: title }, close: { type: 'plain_text', text: 'Close' },
  blocks: [section(`This is ${title}`, 'words')], ...more,
});

// refusal is the platform error that the client makes of a refused call.
async function refusal(call, name) {
  const e = await call.then(() => assert.fail('it was accepted'), (err) => err);
  assert.equal(e.code, ErrorCode.PlatformError, `${e}`);
  assert.equal(e.data.error, name);
  return e;
}

// trigger lets Ana type a command, which is good for one modal.
async function trigger() {
  await act('slash', { user: env.ANA, channel: env.SUPPORT, command: '/access', text: 'request' });
  return act('heard');
}

await step('auth.test', async () => {
  const me = await slack.auth.test();
  assert.equal(me.user_id, env.BOT);
  assert.equal(me.team_id, env.TEAM);
  assert.ok(me.response_metadata.scopes.includes('chat:write'), 'the scopes are not told');
});

await step('auth.test: invalid_auth and not_authed', async () => {
  await refusal(new WebClient('xoxb-wrong', options).auth.test(), 'invalid_auth');
  await refusal(new WebClient(undefined, options).auth.test(), 'not_authed');
});

await step('unknown_method', async () => {
  await refusal(slack.apiCall('no.suchMethod'), 'unknown_method');
});

let posted;

await step('chat.postMessage with blocks', async () => {
  posted = await slack.chat.postMessage({
    channel: env.SUPPORT, text: 'Ana asks for access',
    blocks: [
      section('*Ana* asks for access', 'words'),
      {
        type: 'actions', block_id: 'acts',
        elements: [{ type: 'button', action_id: 'approve', text: { type: 'plain_text', text: 'Approve' }, value: 'R-1' }],
      },
    ],
    metadata: { event_type: 'access_request', event_payload: { id: 'R-1' } },
  });
  assert.equal(posted.channel, env.SUPPORT);
  assert.match(posted.ts, /^\d{10}\.\d{6}$/);
  assert.equal(posted.message.bot_id.length > 0, true);
  assert.equal(posted.message.blocks.length, 2);
});

await step('chat.postMessage: refused as documented', async () => {
  await refusal(slack.chat.postMessage({ channel: 'C0NONE', text: 'x' }), 'channel_not_found');
  await refusal(slack.chat.postMessage({ channel: env.QUIET, text: 'x' }), 'not_in_channel');
  await refusal(slack.chat.postMessage({ channel: env.SUPPORT }), 'no_text');
  const e = await refusal(slack.chat.postMessage({
    channel: env.SUPPORT, text: 'x', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'y'.repeat(3001) } }],
  }), 'invalid_blocks');
  assert.match(e.data.response_metadata.messages[0], /^\[ERROR\] .*\/blocks\/0/);
});

let thread;

await step('chat.postMessage in a thread, conversations.replies', async () => {
  thread = await slack.chat.postMessage({ channel: env.SUPPORT, text: 'a reply', thread_ts: posted.ts });
  const told = await slack.conversations.replies({ channel: env.SUPPORT, ts: posted.ts });
  assert.deepEqual(told.messages.map((m) => m.ts), [posted.ts, thread.ts]);
  assert.equal(told.messages[1].thread_ts, posted.ts);
  await refusal(slack.conversations.replies({ channel: env.SUPPORT, ts: '1.000000' }), 'thread_not_found');
});

await step('conversations.history', async () => {
  const told = await slack.conversations.history({ channel: env.SUPPORT, oldest: posted.ts, inclusive: true, include_all_metadata: true });
  const mine = told.messages.find((m) => m.ts === posted.ts);
  assert.equal(mine.metadata.event_payload.id, 'R-1');
  await refusal(slack.conversations.history({ channel: env.QUIET }), 'not_in_channel');
});

await step('conversations.history: pages through paginate()', async () => {
  const sent = [];
  for (let i = 0; i < 7; i += 1) {
    sent.push((await slack.chat.postMessage({ channel: env.SHARED, text: `message ${i}` })).ts);
  }
  const found = [];
  let pages = 0;
  for await (const page of slack.paginate('conversations.history', { channel: env.SHARED, limit: 3 })) {
    pages += 1;
    found.push(...page.messages.map((m) => m.ts));
  }
  assert.deepEqual(found, sent.reverse());
  assert.equal(pages, 3);
});

await step('chat.update', async () => {
  const updated = await slack.chat.update({ channel: env.SUPPORT, ts: posted.ts, text: 'approved', blocks: [section('approved', 'words')] });
  assert.equal(updated.ts, posted.ts);
  assert.equal(updated.text, 'approved');
  await refusal(slack.chat.update({ channel: env.SUPPORT, ts: '1700000000.000001', text: 'x' }), 'message_not_found');
});

await step('chat.postEphemeral', async () => {
  const told = await slack.chat.postEphemeral({ channel: env.SUPPORT, user: env.ANA, text: 'for your eyes only' });
  assert.match(told.message_ts, /^\d{10}\.\d{6}$/);
  await refusal(slack.chat.postEphemeral({ channel: env.SUPPORT, user: env.CAROL, text: 'x' }), 'user_not_in_channel');
});

await step('chat.getPermalink', async () => {
  const told = await slack.chat.getPermalink({ channel: env.SUPPORT, message_ts: posted.ts });
  assert.match(told.permalink, new RegExp(`/archives/${env.SUPPORT}/p${posted.ts.replace('.', '')}$`));
});

await step('chat.delete', async () => {
  await slack.chat.delete({ channel: env.SUPPORT, ts: thread.ts });
  await refusal(slack.chat.delete({ channel: env.SUPPORT, ts: thread.ts }), 'message_not_found');
});

await step('conversations.info: a shared channel', async () => {
  const { channel } = await slack.conversations.info({ channel: env.SHARED, include_num_members: true });
  assert.equal(channel.is_ext_shared, true);
  assert.equal(channel.is_private, true);
  assert.equal(channel.num_members, 3);
  assert.ok(JSON.stringify(channel).includes(env.CUSTOMER), 'it does not say with whom it is shared');
  await refusal(slack.conversations.info({ channel: 'C0NONE' }), 'channel_not_found');
});

await step('conversations.members', async () => {
  const told = await slack.conversations.members({ channel: env.SHARED });
  assert.deepEqual(told.members.sort(), [env.ANA, env.BOT, env.CAROL].sort());
});

await step('conversations.list', async () => {
  const all = [];
  for await (const page of slack.paginate('conversations.list', { types: 'public_channel,private_channel', limit: 1 })) {
    all.push(...page.channels.map((c) => c.id));
  }
  assert.deepEqual(all.sort(), [env.QUIET, env.SHARED, env.SUPPORT].sort());
  await refusal(slack.conversations.list({ cursor: 'no cursor' }), 'invalid_cursor');
});

await step('conversations.open: a direct message', async () => {
  const { channel } = await slack.conversations.open({ users: env.ANA });
  assert.match(channel.id, /^D/);
  const again = await slack.conversations.open({ users: env.ANA, return_im: true });
  assert.equal(again.channel.id, channel.id);
  assert.equal(again.already_open, true);
  await slack.chat.postMessage({ channel: channel.id, text: 'hello, Ana' });
  await refusal(slack.conversations.open({ users: 'U0NONE' }), 'user_not_found');
});

await step('users.info: a colleague and a stranger of the shared channel', async () => {
  const { user } = await slack.users.info({ user: env.ANA, include_locale: true });
  assert.equal(user.profile.email, 'ana@northwind.example');
  assert.equal(user.is_bot, false);
  const carol = (await slack.users.info({ user: env.CAROL })).user;
  assert.equal(carol.team_id, env.CUSTOMER);
  assert.equal(carol.is_stranger, false);
  await refusal(slack.users.info({ user: 'U0NONE' }), 'user_not_found');
});

await step('users.list: pages, and no strangers', async () => {
  const all = [];
  for await (const page of slack.paginate('users.list', { limit: 5 })) {
    all.push(...page.members.map((m) => m.id));
  }
  assert.equal(new Set(all).size, Number(env.STAFF));
  assert.ok(all.includes(env.ANA) && all.includes(env.BOT));
  assert.ok(!all.includes(env.CAROL));
});

await step('users.lookupByEmail', async () => {
  assert.equal((await slack.users.lookupByEmail({ email: 'ana@northwind.example' })).user.id, env.ANA);
  await refusal(slack.users.lookupByEmail({ email: 'nobody@northwind.example' }), 'users_not_found');
});

await step('usergroups.list', async () => {
  const told = await slack.usergroups.list({ include_users: true });
  assert.deepEqual(told.usergroups.map((g) => [g.id, g.handle, g.users]), [[env.ONCALL, 'oncall', [env.ANA]]]);
  assert.deepEqual((await slack.usergroups.users.list({ usergroup: env.ONCALL })).users, [env.ANA]);
});

await step('team.info', async () => {
  assert.equal((await slack.team.info()).team.domain, 'northwind');
});

let opened;

await step('views.open: once for a trigger', async () => {
  const { trigger_id } = await trigger();
  opened = await slack.views.open({ trigger_id, view: modal('the first', { callback_id: 'first', private_metadata: 'R-1' }) });
  assert.equal(opened.view.callback_id, 'first');
  assert.equal(opened.view.root_view_id, opened.view.id);
  await refusal(slack.views.open({ trigger_id, view: modal('again') }), 'exchanged_trigger_id');
  await refusal(slack.views.open({ trigger_id: '1.2.abc', view: modal('again') }), 'invalid_trigger_id');
});

await step('views.open: a view that is none', async () => {
  const { trigger_id } = await trigger();
  const bad = { ...modal('bad'), title: { type: 'plain_text', text: 't'.repeat(25) } };
  const e = await slack.views.open({ trigger_id, view: bad }).then(() => assert.fail('it was accepted'), (err) => err);
  assert.equal(e.code, ErrorCode.PlatformError);
  assert.match(e.data.error, /^invalid_arguments$/);
  assert.match(e.data.response_metadata.messages[0], /\/view\/title/);
});

await step('views.update: by id and hash', async () => {
  const now = await slack.views.update({ view_id: opened.view.id, hash: opened.view.hash, view: modal('the second') });
  assert.equal(now.view.id, opened.view.id);
  assert.notEqual(now.view.hash, opened.view.hash);
  await refusal(slack.views.update({ view_id: opened.view.id, hash: opened.view.hash, view: modal('late') }), 'hash_conflict');
  await refusal(slack.views.update({ view_id: 'V0NONE', view: modal('x') }), 'not_found');
});

await step('views.push: from a button of the modal', async () => {
  const withButton = modal('with a button', {
    blocks: [{
      type: 'actions', block_id: 'acts',
      elements: [{ type: 'button', action_id: 'more', text: { type: 'plain_text', text: 'More' } }],
    }],
  });
  await slack.views.update({ view_id: opened.view.id, view: withButton });
  const { view } = await act('modal', { user: env.ANA });
  await act('click', { user: env.ANA, channel: '', ts: view.id, action: 'more' });
  const payload = await act('heard');
  assert.equal(payload.type, 'block_actions');
  assert.equal(payload.container.type, 'view');
  const pushed = await slack.views.push({ trigger_id: payload.trigger_id, view: modal('on top') });
  assert.equal(pushed.view.root_view_id, view.id);
  assert.equal(pushed.view.previous_view_id, view.id);
});

await step('views.publish', async () => {
  const home = { type: 'home', blocks: [section('Welcome', 'words')] };
  const told = await slack.views.publish({ user_id: env.ANA, view: home });
  assert.equal(told.view.type, 'home');
  await slack.views.publish({ user_id: env.ANA, hash: told.view.hash, view: home });
  await refusal(slack.views.publish({ user_id: env.ANA, hash: told.view.hash, view: home }), 'hash_conflict');
});

await step('files.uploadV2: a text and a binary file into a channel', async () => {
  const told = await slack.files.uploadV2({
    channel_id: env.SUPPORT, initial_comment: 'the report',
    file_uploads: [
      { content: 'customer,until\nContoso,18:00\n', filename: 'access.csv', title: 'Access' },
      { file: Buffer.from('%PDF-1.7\n\u0000\u0001'), filename: 'report.pdf' },
    ],
  });
  const files = told.files[0].files;
  assert.equal(files.length, 2);
  const info = await slack.files.info({ file: files[0].id });
  assert.equal(info.file.name, 'access.csv');
  const said = await act('messages', { user: env.ANA, channel: env.SUPPORT });
  assert.ok(said.some((text) => text.includes('the report')), JSON.stringify(said));
});

await step('ratelimited: waits as long as Retry-After says, and calls again', async () => {
  const calls = async () => (await act('calls'))['auth.test'];
  const before = await calls();
  await act('faults', { on: 'auth.test', times: 1, retryAfter: 1 });
  let wait;
  slack.once(WebClientEvent.RATE_LIMITED, (seconds) => { wait = seconds; });
  const started = Date.now();
  await slack.auth.test();
  assert.equal(wait, 1);
  assert.ok(Date.now() - started >= 1000, 'it was called again before its time');
  assert.equal((await calls()) - before, 2);
});

await step('ratelimited: RateLimitedError when the client shall not wait', async () => {
  await act('faults', { on: 'chat.postMessage', times: 1, retryAfter: 30 });
  const hasty = new WebClient(env.BOT_TOKEN, { ...options, rejectRateLimitedCalls: true });
  const e = await hasty.chat.postMessage({ channel: env.SUPPORT, text: 'x' }).then(() => assert.fail('it was accepted'), (err) => err);
  assert.equal(e.code, ErrorCode.RateLimitedError);
  assert.equal(e.retryAfter, 30);
});

await step('HTTP 503: retried', async () => {
  await act('faults', { on: 'auth.test', times: 1, status: 503 });
  assert.equal((await slack.auth.test()).user_id, env.BOT);
  await act('faults');
});

await step('PlatformError: a planned error', async () => {
  await act('faults', { on: 'users.info', times: 1, error: 'fatal_error' });
  await refusal(slack.users.info({ user: env.ANA }), 'fatal_error');
  await act('faults');
});

done();
