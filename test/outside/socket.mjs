// @slack/socket-mode against the stand-in Slack's sockets.
import assert from 'node:assert/strict';
import { SocketModeClient } from '@slack/socket-mode';
import webapi from '@slack/web-api';
import { act, done, env, once, silent, step, within } from './kit.mjs';

const options = (appToken) => ({
  appToken, logger: silent,
  clientPingTimeout: 500, // also the wait before it connects again
  clientOptions: { slackApiUrl: env.SLACK, logger: silent, retryConfig: webapi.retryPolicies.rapidRetryPolicy },
});

const client = new SocketModeClient(options(env.APP_TOKEN));

const slash = (text) => act('slash', { user: env.ANA, channel: env.SUPPORT, command: '/access', text });

await step('apps.connections.open: a token that is none', async () => {
  const wrong = new SocketModeClient(options('xapp-wrong'));
  const e = await within(wrong.start(), 'the end').then(() => assert.fail('it connected'), (err) => err);
  assert.equal(e.data?.error, 'invalid_auth', `${e}`);
});

await step('connects and gets hello', async () => {
  await within(client.start(), 'hello');
  await act('connected');
});

await step('slash_commands: acknowledged with a payload, which the person sees', async () => {
  client.once('slash_commands', async ({ ack, body, accepts_response_payload }) => {
    assert.equal(accepts_response_payload, true);
    await ack({ response_type: 'ephemeral', text: `you typed ${body.text}` });
  });
  const d = await slash('list contoso');
  assert.equal(d.error, '');
  const said = await act('messages', { user: env.ANA, channel: env.SUPPORT });
  assert.ok(said.includes('you typed list contoso'), JSON.stringify(said));
});

await step('slash_commands: acknowledged without a payload, which shows nothing', async () => {
  const before = await act('messages', { user: env.ANA, channel: env.SUPPORT }) ?? [];
  client.once('slash_commands', ({ ack }) => ack());
  const d = await slash('quietly');
  assert.equal(d.error, '');
  const after = await act('messages', { user: env.ANA, channel: env.SUPPORT });
  assert.equal(after.length, before.length, JSON.stringify(after));
});

await step('events_api: app_home_opened', async () => {
  const opened = once(client, 'app_home_opened');
  client.once('app_home_opened', ({ ack }) => ack());
  const d = await act('home', { user: env.ANA });
  const { event, body, retry_num } = await opened;
  assert.equal(d.error, '');
  assert.equal(event.user, env.ANA);
  assert.equal(event.tab, 'home');
  assert.equal(body.type, 'event_callback');
  assert.match(body.event_id, /^Ev/);
  assert.equal(body.authorizations[0].is_bot, true);
  assert.equal(retry_num, 0);
});

await step('interactive: view_submission answered with errors, then with nothing', async () => {
  const slack = new webapi.WebClient(env.BOT_TOKEN, { slackApiUrl: env.SLACK, logger: silent });
  const view = {
    type: 'modal', title: { type: 'plain_text', text: 'Request' }, submit: { type: 'plain_text', text: 'Ask' },
    blocks: [{
      type: 'input', block_id: 'why', label: { type: 'plain_text', text: 'Why' },
      element: { type: 'plain_text_input', action_id: 'text' },
    }],
  };
  client.once('slash_commands', async ({ ack, body }) => {
    await slack.views.open({ trigger_id: body.trigger_id, view });
    await ack();
  });
  await slash('request');
  const answers = [{ response_action: 'errors', errors: { why: 'Say more.' } }, undefined];
  for (const answer of answers) {
    client.once('interactive', ({ ack, body, accepts_response_payload }) => {
      assert.equal(body.type, 'view_submission');
      assert.equal(accepts_response_payload, true);
      return ack(answer);
    });
    assert.equal((await act('submit', { user: env.ANA, values: { why: { text: 'mail' } } })).error, '');
    const modal = await act('modal', { user: env.ANA });
    assert.equal(modal.open, answer !== undefined);
    assert.equal(modal.errors?.why, answer?.errors.why);
  }
});

for (const [what, name] of [['refresh', 'refresh_requested'], ['warn', 'warning'], ['cut', 'a broken network']]) {
  await step(`disconnect: ${name}; connects again and serves on`, async () => {
    const back = once(client, 'connected');
    await act(what);
    await back;
    await act('connected');
    client.once('slash_commands', ({ ack }) => ack({ text: `after ${what}` }));
    assert.equal((await slash(what)).error, '');
    const said = await act('messages', { user: env.ANA, channel: env.SUPPORT });
    assert.ok(said.includes(`after ${what}`), JSON.stringify(said));
  });
}

await step('two clients: each envelope goes to one of them', async () => {
  const other = new SocketModeClient(options(env.APP_TOKEN));
  await within(other.start(), 'hello');
  let taken = 0;
  const take = ({ ack }) => {
    taken += 1;
    return ack();
  };
  client.on('slash_commands', take);
  other.on('slash_commands', take);
  for (let i = 0; i < 6; i += 1) {
    assert.equal((await slash(`number ${i}`)).error, '');
  }
  assert.equal(taken, 6);
  client.off('slash_commands', take);
  await within(other.disconnect(), 'the end of the second client');
});

await step('disconnect: by the client', async () => {
  await within(client.disconnect(), 'the end');
  const d = await slash('nobody listens');
  assert.notEqual(d.error, '');
});

done();
