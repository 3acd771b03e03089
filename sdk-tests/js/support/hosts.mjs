// Leads the hosts that old SDKs have built in to the server of the suite, inside this process only.
//
// The SDKs are not changed and know nothing of it: they connect to the names and the ports they
// always did, as an app does whose operator points those names at a server of his own.
//
// Invariant: no name under `leancloud.cn` leaves the machine; every other address is left alone.

import { Socket } from 'node:net';

const portOf = (url) => Number(new URL(url).port);
const PORTS = new Map([
  [80, portOf(process.env.SUITE_SERVER)],
  [443, portOf(process.env.SUITE_ENCRYPTED_SERVER)],
]);

const { connect } = Socket.prototype;

Socket.prototype.connect = function connectHere(...args) {
  // Node calls this with one array of arguments that it has put in order, TLS with plain ones.
  const ordered = Array.isArray(args[0]) ? args[0] : args;
  const { host, port } = ordered[0];
  if (/(^|\.)leancloud\.cn$/.test(host)) {
    const here = PORTS.get(Number(port));
    if (!here) throw new Error(`nothing of the suite stands for ${host}:${port}`);
    ordered[0] = { ...ordered[0], host: '127.0.0.1', port: here };
  }
  return connect.apply(this, args);
};
