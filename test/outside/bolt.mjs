// An app made with @slack/bolt takes what the stand-in Slack sends, and checks
// its signatures.
import assert from 'node:assert/strict';
import bolt from '@slack/bolt';
import { act, done, env, silent, step, within } from './kit.mjs';

const receiver = new bolt.HTTPReceiver({
  signingSecret: env.SIGNING_SECRET, logger: silent,
  endpoints: ['/slack/commands', '/slack/interactions', '/slack/options', '/slack/events'],
});
const app = new bolt.App({
  receiver, token: env.BOT_TOKEN, logger: silent, clientOptions: { slackApiUrl: env.SLACK },
});

const modal = {
  type: 'modal', callback_id: 'request', title: { type: 'plain_text', text: 'Request' },
  submit: { type: 'plain_text', text: 'Ask' },
  blocks: [{
    type: 'input', block_id: 'why', label: { type: 'plain_text', text: 'Why' },
    element: { type: 'plain_text_input', action_id: 'text' },
  }, {
    type: 'input', block_id: 'customer', label: { type: 'plain_text', text: 'Customer' }, optional: true,
    element: { type: 'external_select', action_id: 'name', min_query_length: 0 },
  }],
};

app.command('/access', async ({ command, ack, respond, client, body }) => {
  switch (command.text) {
    case 'request':
      await ack();
      await client.views.open({ trigger_id: body.trigger_id, view: modal });
      break;
    case 'card':
      await ack();
      await client.chat.postMessage({
        channel: command.channel_id, text: 'a card',
        blocks: [{
          type: 'actions', block_id: 'acts',
          elements: [{ type: 'button', action_id: 'approve', value: 'R-1', text: { type: 'plain_text', text: 'Approve' } }],
        }],
      });
      break;
    case 'twice':
      await ack('at once');
      await respond({ text: 'and by the response URL', response_type: 'ephemeral' });
      break;
    default:
      await ack({ response_type: 'ephemeral', text: `you typed ${command.text}` });
  }
});

let pressed;
const press = new Promise((resolve) => { pressed = resolve; });
app.action('approve', async ({ ack, action, body, respond }) => {
  await ack();
  await respond({ replace_original: true, text: `approved ${action.value} by <@${body.user.id}>` });
  pressed({ action, body });
});

app.options('name', async ({ options, ack }) => {
  const found = ['Contoso', 'Adatum'].filter((name) => name.toLowerCase().startsWith(options.value));
  await ack({ options: found.map((name) => ({ text: { type: 'plain_text', text: name }, value: name })) });
});

app.view('request', async ({ ack, view, body, client }) => {
  const why = view.state.values.why.text.value;
  if (why.length < 5) {
    await ack({ response_action: 'errors', errors: { why: 'Say more.' } });
    return;
  }
  await ack();
  await client.chat.postMessage({ channel: env.SUPPORT, text: `<@${body.user.id}> asks: ${why}` });
});

app.event('app_home_opened', async ({ event, client }) => {
  await client.views.publish({
    user_id: event.user,
    view: { type: 'home', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'Welcome home' } }] },
  });
});

const slash = (text) => act('slash', { user: env.ANA, channel: env.SUPPORT, command: '/access', text });
const said = async () => (await act('messages', { user: env.ANA, channel: env.SUPPORT })) ?? [];

// until looks each time that something has changed: the app answers first and
// works then.
async function until(holds, what) {
  const looking = (async () => {
    let version = 0;
    for (;;) {
      const found = await holds();
      if (found) return found;
      version = await act('changed', { after: version });
    }
  })();
  return within(looking, what);
}

const server = await app.start({ port: 0, host: '127.0.0.1' });
await act('serve', { url: `http://127.0.0.1:${server.address().port}` });

await step('a signed command is accepted and answered', async () => {
  const d = await slash('list contoso');
  assert.equal(d.error, '');
  assert.equal(d.status, 200);
  assert.ok((await said()).includes('you typed list contoso'));
});

await step('a command signed with another secret is refused', async () => {
  assert.equal((await act('forge', { text: 'forged' })).status, 401);
});

await step('a command changed on the way is refused', async () => {
  assert.equal((await act('tamper', { text: 'tampered' })).status, 401);
});

await step('a command of six minutes ago is refused', async () => {
  assert.equal((await act('replay', { text: 'replayed' })).status, 401);
});

await step('respond() uses the response URL', async () => {
  assert.equal((await slash('twice')).error, '');
  await until(async () => (await said()).includes('and by the response URL'), 'the second answer');
  assert.ok((await said()).includes('at once'));
});

await step('block_actions: a press of a button replaces the message', async () => {
  await slash('card');
  const { messages } = await until(async () => {
    const found = await app.client.conversations.history({ channel: env.SUPPORT });
    return found.messages.some((m) => m.text === 'a card') && found;
  }, 'the card');
  const { ts } = messages.find((m) => m.text === 'a card');
  const d = await act('click', { user: env.ANA, channel: env.SUPPORT, ts, action: 'approve' });
  assert.equal(d.error, '');
  const { action, body } = await within(press, 'the press');
  assert.equal(action.value, 'R-1');
  assert.equal(body.container.message_ts, ts);
  await until(async () => (await said()).some((text) => text.startsWith('approved R-1')), 'the replaced card');
});

await step('a modal: block_suggestion, view_submission with errors, then accepted', async () => {
  await slash('request');
  await until(async () => (await act('modal', { user: env.ANA })).open, 'the modal');
  const found = await act('suggest', { user: env.ANA, block: 'customer', action: 'name', typed: 'con' });
  assert.deepEqual(found.map((o) => o.Value), ['Contoso']);
  await act('submit', { user: env.ANA, values: { why: { text: 'eh' } } });
  assert.equal((await act('modal', { user: env.ANA })).errors.why, 'Say more.');
  const d = await act('submit', { user: env.ANA, values: { why: { text: 'the mailbox is full' } } });
  assert.equal(d.error, '');
  assert.equal((await act('modal', { user: env.ANA })).open, false);
  await until(async () => (await said()).some((text) => text.endsWith('asks: the mailbox is full')), 'the message');
});

await step('url_verification and app_home_opened', async () => {
  assert.equal((await act('verify')).error, '');
  assert.equal((await act('home', { user: env.ANA })).error, '');
  await until(async () => (await act('published', { user: env.ANA })).includes('Welcome home'), 'the Home');
});

await app.stop();
done();
