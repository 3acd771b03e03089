// LiveQuery shares the socket with messaging: its logins are answered, its queries are not taken.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

import { next } from '../support/events.mjs';
import { SUITE, scenario } from '../support/stage.mjs';

const require = createRequire(import.meta.url);
const { LiveQueryPlugin } = require('leancloud-realtime-plugin-live-query');
const plugins = () => [LiveQueryPlugin];

scenario('W59 the LiveQuery client opens and closes beside a messaging client', async (stage) => {
  const device = stage.device({ plugins });
  const alice = await device.login('alice');
  const { realtime } = device;
  const id = stage.id('subscriptions');
  const live = await realtime.createLiveQueryClient(id);
  assert.equal(await realtime.createLiveQueryClient(id), live);

  const reconnected = [alice.client, live].map((client) => next(client, 'reconnect'));
  device.breakSocket();
  await Promise.all(reconnected);
  assert.deepEqual(await alice.client.ping([alice.id]), [alice.id]);

  await live.close();
  assert.notEqual(await realtime.createLiveQueryClient(id), live);
  assert.deepEqual(await alice.client.ping([alice.id]), [alice.id]);
});

scenario('W56 a LiveQuery client needs nobody to be logged in beside it', async (stage) => {
  const { realtime } = stage.device({ plugins });
  const live = await realtime.createLiveQueryClient(stage.id('subscriptions'));
  await live.close();
});

scenario('a subscription is refused in words', async () => {
  const AV = require('leancloud-storage/live-query');
  AV.init({ appId: SUITE.appId, appKey: SUITE.appKey, serverURL: SUITE.server });
  const subscription = new AV.Query('Todo').equalTo('state', 'done').subscribe();
  await assert.rejects(subscription, ({ code, rawMessage }) => code === 1 && /LiveQuery/.test(rawMessage));
});
