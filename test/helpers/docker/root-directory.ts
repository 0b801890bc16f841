import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** How a command runs in a root. */
export interface Run {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** `uid:gid`; without it as root, with all rights. */
  readonly user?: string;
  /** Nothing can be written but mounts; new privileges are out of reach. */
  readonly confined?: boolean;
  /** Path in the root, which must exist → folder or file of this machine; `:ro` at its end forbids writing. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** Folders in memory, mounted as Docker does unless told otherwise. */
  readonly tmpfs?: readonly string[];
}

/** Where this machine's programs stand in for the base image. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib64', dirname(dirname(process.execPath))];

/**
 * A folder that processes see as their whole file system, by Linux namespaces. They have ids of their own, the first one
 * 1, and the network of this machine. The base image's programs are those of this machine. Needs root or subordinate ids.
 */
export class ScratchRoot {
  readonly path = mkdtempSync(join(tmpdir(), 'mcp-gateway-root-'));

  constructor() {
    chmodSync(this.path, 0o755);
    for (const folder of ['etc', 'proc', 'dev', 'tmp', 'root']) mkdirSync(this.at(folder));
    for (const folder of SYSTEM) mkdirSync(this.at(folder), { recursive: true });
    writeFileSync(this.at('etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
    writeFileSync(this.at('etc/group'), 'root:x:0:\n');
    copyFileSync('/etc/login.defs', this.at('etc/login.defs'));
  }

  /** The path on this machine of one in the root. */
  at(path: string): string {
    return join(this.path, path);
  }

  /** Output of a command that ends; throws with what it wrote when it fails. */
  exec(argv: readonly string[], run: Run): string {
    const [file, args] = this.#command(argv, run);
    return execFileSync(file, args, { encoding: 'utf8', stdio: 'pipe', timeout: 300_000 });
  }

  /** A command as process 1 of the root. It ends with the process that is given back, which is its parent. */
  spawn(argv: readonly string[], run: Run): ChildProcess {
    const [file, args] = this.#command(argv, run);
    return spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #command(argv: readonly string[], run: Run): [string, string[]] {
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
    const mapped = process.getuid?.() === 0 ? [] : ['--map-root-user', '--map-auto'];
    const script = ['set -e', ...this.#mounts(run), `exec chroot ${this.path} "$@"`].join('\n');
    return ['unshare', [...mapped, ...namespaces, 'sh', '-c', script, 'sh', ...inside(argv, run)]];
  }

  #mounts({ mounts = {}, tmpfs = [], confined = false }: Run): string[] {
    const lines = [`mount --bind ${this.path} ${this.path}`];
    for (const folder of SYSTEM.filter(existsSync)) lines.push(...this.#bind(`${folder}:ro`, folder));
    lines.push(`mount -t proc proc ${this.at('proc')}`, `mount --rbind /dev ${this.at('dev')}`);
    for (const entry of tmpfs) lines.push(this.#tmpfs(entry));
    for (const [path, source] of Object.entries(mounts)) lines.push(...this.#bind(source, path));
    return confined ? [...lines, `mount -o remount,bind,ro ${this.path}`] : lines;
  }

  #bind(source: string, path: string): string[] {
    const [from, mode] = source.split(':');
    const bind = `mount --bind ${from} ${this.at(path)}`;
    return mode === 'ro' ? [bind, `mount -o remount,bind,ro ${this.at(path)}`] : [bind];
  }

  #tmpfs(entry: string): string {
    const [path = '', options = ''] = entry.split(':');
    const all = ['noexec', 'nosuid', 'nodev', 'size=64m', options].filter((option) => option !== '').join(',');
    return `mount -t tmpfs -o ${all} tmpfs ${this.at(path)}`;
  }
}

function inside(argv: readonly string[], { env, cwd, user, confined }: Run): string[] {
  const [uid, gid] = (user ?? '0:0').split(':');
  const ids = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const rights = confined ? ['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'] : [];
  const path = `PATH=${[dirname(process.execPath), '/usr/local/bin', '/usr/sbin', '/usr/bin'].join(':')}`;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return ['setpriv', ...ids, ...rights, 'env', '-i', `--chdir=${cwd}`, path, ...variables, ...argv];
}
