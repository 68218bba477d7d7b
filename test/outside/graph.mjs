// @microsoft/microsoft-graph-client against the stand-in Microsoft. The client
// gives its token to hosts it is told of, and over https only.
import assert from 'node:assert/strict';
import {
  BatchRequestContent, BatchResponseContent, Client, GraphError, PageIterator, RetryHandlerOptions,
} from '@microsoft/microsoft-graph-client';
import { act, done, env, step } from './kit.mjs';

const relationships = '/tenantRelationships/delegatedAdminRelationships';
const withContoso = `${relationships}/${env.RELATIONSHIP}`;
const exchangeRole = { unifiedRoles: [{ roleDefinitionId: env.EXCHANGE }] };

// token asks the token endpoint as any OAuth client would.
async function token(secret = env.CLIENT_SECRET) {
  const answer = await fetch(`${env.GRAPH}/${env.TENANT}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials', client_id: env.CLIENT_ID, client_secret: secret,
      scope: 'https://graph.microsoft.com/.default',
    }),
  });
  return { status: answer.status, ...(await answer.json()) };
}

const { access_token: bearer } = await token();

function connect(getAccessToken = async () => bearer) {
  return Client.initWithMiddleware({
    baseUrl: `${env.GRAPH}/`,
    defaultVersion: 'v1.0',
    customHosts: new Set([new URL(env.GRAPH).hostname]),
    authProvider: { getAccessToken },
  });
}

const graph = connect();

// refusal is the error that the client makes of a refused call.
async function refusal(call) {
  const e = await call().then(() => assert.fail('it was accepted'), (err) => err);
  assert.ok(e instanceof GraphError, `${e}`);
  return e;
}

await step('token: a wrong secret is invalid_client', async () => {
  const answer = await token('wrong');
  assert.equal(answer.status, 401);
  assert.equal(answer.error, 'invalid_client');
});

await step('GraphError: a token that is none', async () => {
  const e = await refusal(() => connect(async () => 'forged').api('/groups').get());
  assert.equal(e.statusCode, 401);
  assert.equal(e.code, 'InvalidAuthenticationToken');
  assert.ok(e.requestId, 'no request id');
});

await step('PageIterator: every relationship, over several pages', async () => {
  const seen = new Set();
  const first = await graph.api(relationships).get();
  assert.ok(first['@odata.nextLink'], 'one page only');
  const pages = new PageIterator(graph, first, (rel) => {
    seen.add(rel.id);
    return true;
  });
  await pages.iterate();
  assert.ok(pages.isComplete());
  assert.equal(seen.size, Number(env.RELATIONSHIPS));
});

await step('PageIterator: users by $top and $select, stopped and resumed', async () => {
  const first = await graph.api('/users').top(7).select('id,displayName').get();
  assert.deepEqual(Object.keys(first.value[0]).sort(), ['displayName', 'id']);
  const seen = new Set();
  const pages = new PageIterator(graph, first, (user) => {
    seen.add(user.id);
    return seen.size !== 10;
  });
  await pages.iterate();
  assert.equal(seen.size, 10);
  await pages.resume();
  assert.equal(seen.size, Number(env.USERS));
});

await step('$filter and $count: relationships of one customer', async () => {
  const found = await graph.api(relationships).filter(`customer/tenantId eq '${env.CONTOSO}'`).get();
  assert.deepEqual(found.value.map((r) => r.id), [env.RELATIONSHIP]);
  const contracts = await graph.api('/contracts').filter("defaultDomainName eq 'contoso.example'").get();
  assert.equal(contracts.value[0].customerId, env.CONTOSO);
  const counted = await graph.api('/groups').header('ConsistencyLevel', 'eventual').count(true).get();
  assert.equal(counted['@odata.count'], counted.value.length);
});

await step('relationship: create, lock, approved by the customer, terminate', async () => {
  const made = await graph.api(relationships).post({
    displayName: 'Fabrikam by an outside client', duration: 'P90D', autoExtendDuration: 'PT0S', accessDetails: exchangeRole,
  });
  assert.equal(made.status, 'created');
  assert.ok(made['@odata.etag']);
  const one = `${relationships}/${made.id}`;

  const changed = await graph.api(one).header('If-Match', made['@odata.etag']).patch({ displayName: 'Fabrikam, renamed' });
  assert.ok(changed === undefined || changed.displayName === 'Fabrikam, renamed');
  const stale = await refusal(() => graph.api(one).header('If-Match', made['@odata.etag']).patch({ displayName: 'again' }));
  assert.equal(stale.statusCode, 412);

  const locked = await graph.api(`${one}/requests`).post({ action: 'lockForApproval' });
  assert.equal(locked.action, 'lockForApproval');
  assert.equal((await graph.api(one).get()).status, 'approvalPending');
  await act('approve', { id: made.id });
  const active = await graph.api(one).get();
  assert.equal(active.status, 'active');
  assert.ok(Date.parse(active.endDateTime) > Date.now());
  await graph.api(`${one}/requests`).post({ action: 'terminate' });
  assert.match((await graph.api(one).get()).status, /^terminat/);
});

await step('relationship: created with a duration that is none', async () => {
  const e = await refusal(() => graph.api(relationships).post({ displayName: 'x', duration: 'two years', accessDetails: exchangeRole }));
  assert.equal(e.statusCode, 400);
});

let group;

await step('group: create, $ref a member, list, refuse it twice, remove', async () => {
  group = await graph.api('/groups').post({
    displayName: 'Outside clients', mailNickname: 'outside-clients', mailEnabled: false, securityEnabled: true,
  });
  const members = `/groups/${group.id}/members`;
  const ref = { '@odata.id': `${env.GRAPH}/v1.0/directoryObjects/${env.ANA}` };
  await graph.api(`${members}/$ref`).post(ref);
  assert.deepEqual((await graph.api(members).get()).value.map((m) => m.id), [env.ANA]);
  const twice = await refusal(() => graph.api(`${members}/$ref`).post(ref));
  assert.equal(twice.statusCode, 400);
  await graph.api(`${members}/${env.ANA}/$ref`).delete();
  assert.deepEqual((await graph.api(members).get()).value, []);
  const gone = await refusal(() => graph.api(`${members}/${env.ANA}/$ref`).delete());
  assert.equal(gone.statusCode, 404);
  assert.equal(gone.code, 'Request_ResourceNotFound');
});

await step('assignment: create, read, widen with an etag, delete', async () => {
  const assignments = `${withContoso}/accessAssignments`;
  const made = await graph.api(assignments).post({
    accessContainer: { accessContainerId: group.id, accessContainerType: 'securityGroup' }, accessDetails: exchangeRole,
  });
  const one = `${assignments}/${made.id}`;
  const read = await graph.api(one).get();
  assert.equal(read.accessContainer.accessContainerId, group.id);
  assert.match(read.status, /^(pending|active)$/);
  const bare = await refusal(() => graph.api(one).delete());
  assert.ok([400, 412, 428].includes(bare.statusCode), `${bare.statusCode}`);
  const wider = { unifiedRoles: [env.EXCHANGE, env.HELPDESK].map((id) => ({ roleDefinitionId: id })) };
  await graph.api(one).header('If-Match', (await graph.api(one).get())['@odata.etag']).patch({ accessDetails: wider });
  assert.equal((await graph.api(one).get()).accessDetails.unifiedRoles.length, 2);
  await graph.api(one).header('If-Match', (await graph.api(one).get())['@odata.etag']).delete();
  assert.match((await graph.api(one).get()).status, /^delet/);
});

// The client makes addresses relative by taking the origin away, and a batch
// wants them relative to the version.
const relative = (path) => `${env.GRAPH}${path}`;
const nobody = 'e0000000-0000-4000-8000-0000000000ff';

async function batch(...steps) {
  const content = new BatchRequestContent(steps);
  return new BatchResponseContent(await graph.api('/$batch').post(await content.getContent()));
}

await step('$batch: BatchRequestContent in parallel, one refused', async () => {
  const answer = await batch(
    { id: '1', request: new Request(relative(`/groups/${group.id}`)) },
    { id: '2', request: new Request(relative(`/users/${nobody}`)) },
    {
      id: '3',
      request: new Request(relative(`/groups/${group.id}/members/$ref`), {
        method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ '@odata.id': `${env.GRAPH}/v1.0/directoryObjects/${env.ANA}` }),
      }),
    },
  );
  assert.equal(answer.getResponses().size, 3);
  assert.equal((await answer.getResponseById('1').json()).id, group.id);
  const missing = answer.getResponseById('2');
  assert.equal(missing.status, 404);
  assert.equal((await missing.json()).error.code, 'Request_ResourceNotFound');
  assert.equal(answer.getResponseById('3').status, 204);
  assert.deepEqual((await graph.api(`/groups/${group.id}/members`).get()).value.map((m) => m.id), [env.ANA]);
});

await step('$batch: in series, what depends on a refused one is not done', async () => {
  const answer = await batch(
    { id: '1', request: new Request(relative(`/users/${nobody}`)) },
    { id: '2', request: new Request(relative(`/groups/${group.id}`), { method: 'DELETE' }), dependsOn: ['1'] },
  );
  assert.equal(answer.getResponseById('1').status, 404);
  assert.equal(answer.getResponseById('2').status, 424);
  assert.equal((await graph.api(`/groups/${group.id}`).get()).id, group.id);
});

for (const status of [429, 503]) {
  await step(`RetryHandler: ${status} with Retry-After is retried`, async () => {
    const counted = async () => (await act('calls'))['GET /organization'] ?? 0;
    const before = await counted();
    await act('faults', { on: 'GET /organization', times: 1, status, retryAfter: 1 });
    const started = Date.now();
    const found = await graph.api('/organization').get();
    assert.equal(found.value[0].id, env.TENANT);
    assert.ok(Date.now() - started >= 1000, 'it was called again before its time');
    assert.equal((await counted()) - before, 2);
    await act('faults');
  });
}

await step('RetryHandler: what stays throttled is told', async () => {
  await act('faults', { on: 'GET /organization', status: 429 });
  const once = [new RetryHandlerOptions(0, 1)];
  const e = await refusal(() => graph.api('/organization').middlewareOptions(once).get());
  assert.equal(e.statusCode, 429);
  await act('faults');
});

done();
