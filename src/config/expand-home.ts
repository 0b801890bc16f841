/** `~` and `~/x` with the home directory in place of the tilde; any other path unchanged. */
export function expandHome(path: string, home: string): string {
  return path.replace(/^~(?=$|[\\/])/, () => home);
}
