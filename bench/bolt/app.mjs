// The least app on @slack/bolt that keeps what it was told before it answers: it checks
// the signature, writes one row, durably, and acknowledges. What is measured beside it
// does all that a request for access needs; this does not.
import bolt from '@slack/bolt';
import Database from 'better-sqlite3';

const db = new Database(process.env.BENCH_DB);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('create table kept (id integer primary key, kind text, who text, what text, at integer)');
const insert = db.prepare('insert into kept (kind, who, what, at) values (?, ?, ?, ?)');
const keep = (kind, who, what) => insert.run(kind, who, what, Date.now());

const receiver = new bolt.HTTPReceiver({
  signingSecret: process.env.BENCH_SECRET,
  endpoints: ['/slack/commands', '/slack/interactions'],
  logLevel: bolt.LogLevel.ERROR,
});
const app = new bolt.App({
  receiver,
  authorize: async () => ({ botToken: 'xoxb-1', botId: 'B1', botUserId: 'U1' }),
  logLevel: bolt.LogLevel.ERROR,
});

app.command('/access', async ({ command, ack }) => {
  keep('command', command.user_id, command.text);
  await ack('It was sent to the contacts.');
});
app.action('request.approve', async ({ body, action, ack }) => {
  keep('click', body.user.id, action.value);
  await ack();
});
app.view('request.deny', async ({ body, view, ack }) => {
  keep('submission', body.user.id, view.private_metadata);
  await ack();
});

const server = await app.start(0);
console.log(`http://127.0.0.1:${server.address().port}`);
