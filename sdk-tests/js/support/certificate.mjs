// Owns a certificate that signs itself, for servers on this machine.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A pair of files. A process trusts the certificate when it starts with it as NODE_EXTRA_CA_CERTS. */
export class Certificate {
  /** Makes a certificate for the loopback address and the names in `hosts.mjs`, and its key. */
  static async make() {
    const certificate = new Certificate();
    certificate.directory = await mkdtemp(join(tmpdir(), 'parlor-tls-'));
    certificate.file = join(certificate.directory, 'certificate.pem');
    certificate.keyFile = join(certificate.directory, 'key.pem');
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=parlor test', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:*.leancloud.cn'],
      ...['-keyout', certificate.keyFile, '-out', certificate.file],
    ]);
    return certificate;
  }

  /** Removes the files. */
  remove() {
    return rm(this.directory, { recursive: true, force: true });
  }
}
