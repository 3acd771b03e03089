// Owns one `parlor serve` process: where the binary is, its ports, keys and data directory.
//
// Invariant: every process and every directory made here is gone when `stop` has returned.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The keys that every server of the suite is given. */
export const CREDENTIALS = {
  appId: 'SdkSuiteApplication00001',
  appKey: 'SdkSuiteApplicationKey01',
  masterKey: 'SdkSuiteApplicationMaster',
};

/** Seconds after which a server that never gets ready counts as hung. */
const READY_SECS = 90;

/** Lets clients send as fast as they can. */
export const UNLIMITED = {
  PARLOR_LIMITS__SENDS_PER_MINUTE: '0',
  PARLOR_LIMITS__HISTORY_PER_MINUTE: '0',
  PARLOR_LIMITS__OTHERS_PER_MINUTE: '0',
};

/** Finds the binary: `PARLOR_BIN`, else the release and then the debug build. */
export function findBinary() {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
  const candidates = process.env.PARLOR_BIN
    ? [process.env.PARLOR_BIN]
    : [join(target, 'release', 'parlor'), join(target, 'debug', 'parlor')];
  const binary = candidates.find((path) => existsSync(path));
  if (!binary) throw new Error(`no parlor binary at ${candidates.join(' or ')}; build it or set PARLOR_BIN`);
  return binary;
}

/** Asks the system for ports that are free now; all are held until all are known. */
async function freePorts(count) {
  const listeners = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(listeners.map((listener) => once(listener, 'listening')));
  const ports = listeners.map((listener) => listener.address().port);
  await Promise.all(listeners.map((listener) => new Promise((closed) => listener.close(closed))));
  return ports;
}

/** A server on its own data directory, which survives `kill` and `start`. */
export class Parlor {
  #directory;
  #ports;
  #certificate;
  #settings;
  #child;

  /**
   * Starts a server on an empty data directory and waits until it is ready. With a certificate it
   * speaks TLS too. The settings are variables of its environment; by default no rate is limited,
   * because tests are faster than people.
   */
  static async start({ certificate, settings = UNLIMITED } = {}) {
    const parlor = new Parlor();
    parlor.#certificate = certificate;
    parlor.#settings = settings;
    parlor.#directory = await mkdtemp(join(tmpdir(), 'parlor-sdk-'));
    // A server started by root runs its PostgreSQL as another user, who must get through here.
    await chmod(parlor.#directory, 0o755);
    parlor.#ports = await freePorts(3);
    try {
      await parlor.restart();
    } catch (error) {
      await parlor.stop();
      throw error;
    }
    return parlor;
  }

  /** Base URL for SDKs. */
  get url() {
    return `http://127.0.0.1:${this.#ports[0]}`;
  }

  /** Base URL for SDKs that speak TLS. */
  get encryptedUrl() {
    return `https://127.0.0.1:${this.#ports[2]}`;
  }

  /** What the server printed so far. */
  get output() {
    return readFileSync(this.#logFile, 'utf8');
  }

  get #logFile() {
    return join(this.#directory, 'parlor.log');
  }

  /** Starts the process on the data directory, address and keys that it had before. */
  async restart() {
    const [http, admin, https] = this.#ports;
    // The server refuses unknown settings, and the caller's own must not leak into it.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PARLOR_'));
    const log = openSync(this.#logFile, 'a');
    this.#child = spawn(findBinary(), ['serve'], {
      cwd: this.#directory,
      env: {
        ...Object.fromEntries(inherited),
        PARLOR_DATA_DIR: join(this.#directory, 'data'),
        PARLOR_LISTEN__HTTP: `127.0.0.1:${http}`,
        PARLOR_LISTEN__ADMIN: `127.0.0.1:${admin}`,
        ...(this.#certificate && {
          PARLOR_LISTEN__HTTPS: `127.0.0.1:${https}`,
          PARLOR_TLS__CERTIFICATE_FILE: this.#certificate.file,
          PARLOR_TLS__KEY_FILE: this.#certificate.keyFile,
        }),
        ...this.#settings,
        PARLOR_APP__ID: CREDENTIALS.appId,
        PARLOR_APP__KEY: CREDENTIALS.appKey,
        PARLOR_APP__MASTER_KEY: CREDENTIALS.masterKey,
      },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    await this.#ready(`http://127.0.0.1:${admin}/readyz`);
  }

  async #ready(url) {
    const child = this.#child;
    let startError;
    child.once('error', (error) => (startError = error));
    const deadline = Date.now() + READY_SECS * 1000;
    for (;;) {
      const answer = await fetch(url).catch(() => undefined);
      if (answer?.ok) return;
      if (startError) throw startError;
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`parlor stopped before it was ready\n${this.output}`);
      }
      if (Date.now() > deadline) throw new Error(`parlor was not ready in ${READY_SECS} s\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #end(signal) {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** Kills the process without a warning; the data directory stays. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** Ends the process in order; the data directory stays. */
  async terminate() {
    await this.#end('SIGTERM');
  }

  /** Ends the process in order and removes its data directory. */
  async stop() {
    await this.#end('SIGTERM');
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
