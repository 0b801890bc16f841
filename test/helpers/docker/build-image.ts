import { chmodSync, cpSync, mkdirSync, statSync } from 'node:fs';
import { basename, join, posix, relative } from 'node:path';
import type { InContext } from './build-context.ts';
import type { Stage, Step } from './dockerfile.ts';
import { ScratchRoot } from './root-directory.ts';

/** What a stage has come to. */
export interface Image {
  readonly root: ScratchRoot;
  readonly env: Record<string, string>;
  cwd: string;
  user: string;
  entrypoint: readonly string[];
  health: readonly string[];
  /** RUN steps that were not run. */
  readonly skipped: string[];
}

export interface Build {
  /** The build's context. */
  readonly folder: string;
  readonly inContext: InContext;
  /** RUN steps that need more than a root, such as the network, and are left out. */
  readonly skip: (command: string) => boolean;
  /** Mounted for RUN: what stands in for steps left out. */
  readonly mounts: (stage: Stage) => Readonly<Record<string, string>>;
}

/** Follows the steps of every stage; throws for a step that fails or that it does not know. The caller removes the roots. */
export function buildImages(stages: readonly Stage[], build: Build): Image[] {
  const images: Image[] = [];
  try {
    for (const stage of stages) {
      const image = {
        root: new ScratchRoot(),
        env: {},
        cwd: '/',
        user: '0:0',
        entrypoint: [],
        health: [],
        skipped: [],
      };
      images.push(image);
      for (const step of stage.steps) follow(step, image, { build, stage, others: named(stages, images) });
    }
  } catch (error) {
    for (const { root } of images) root.remove();
    throw error;
  }
  return images;
}

interface Surroundings {
  readonly build: Build;
  readonly stage: Stage;
  readonly others: ReadonlyMap<string | undefined, Image>;
}

function named(stages: readonly Stage[], images: readonly Image[]): Map<string | undefined, Image> {
  return new Map(images.map((image, index) => [stages[index]?.name, image]));
}

function follow(step: Step, image: Image, surroundings: Surroundings): void {
  const { keyword, args, text } = step;
  if (keyword === 'WORKDIR') enter(image, text);
  else if (keyword === 'ENV') Object.assign(image.env, Object.fromEntries(args.map((pair) => pair.split(/=(.*)/s, 2))));
  else if (keyword === 'USER') image.user = text;
  else if (keyword === 'ENTRYPOINT') image.entrypoint = args;
  else if (keyword === 'HEALTHCHECK') image.health = JSON.parse(text.replace(/^CMD /, ''));
  else if (keyword === 'COPY') copy(step, image, surroundings);
  else if (keyword === 'RUN') run(text, image, surroundings);
  else if (!['EXPOSE', 'STOPSIGNAL'].includes(keyword))
    throw new Error(`${keyword} ${text}: no such step is known here`);
}

function enter(image: Image, path: string): void {
  image.cwd = posix.resolve(image.cwd, path);
  mkdirSync(image.root.at(image.cwd), { recursive: true });
}

function run(command: string, image: Image, { build, stage }: Surroundings): void {
  if (build.skip(command)) {
    image.skipped.push(command);
    return;
  }
  const { env, cwd, user } = image;
  const mounts = build.mounts(stage);
  for (const path of Object.keys(mounts)) mkdirSync(image.root.at(path), { recursive: true });
  image.root.exec(['sh', '-c', command], { env, cwd, user, mounts });
}

/** A folder gives its contents, a file itself; the last argument ends with a slash, so it is a folder. */
function copy({ args, flags, text }: Step, image: Image, { build, others }: Surroundings): void {
  const target = image.root.at(posix.resolve(image.cwd, args.at(-1) ?? ''));
  if (!text.endsWith('/')) throw new Error(`COPY ${text}: the target is no folder`);
  const from = flags.from === undefined ? undefined : others.get(flags.from);
  const folder = from ? from.root.path : build.folder;
  const filter = (path: string) => from !== undefined || build.inContext(relative(folder, path));
  for (const source of args.slice(0, -1)) {
    const isFolder = statSync(join(folder, source)).isDirectory();
    const copied = isFolder ? target : join(target, basename(source));
    if (!filter(join(folder, source))) throw new Error(`COPY ${source}: the .dockerignore leaves it out`);
    mkdirSync(target, { recursive: true });
    cpSync(join(folder, source), copied, { recursive: true, filter });
    if (flags.chmod) chmodSync(copied, Number.parseInt(flags.chmod, 8));
  }
}
