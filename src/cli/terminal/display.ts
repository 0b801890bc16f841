import { writeJson } from '../../core/exact-json.ts';
import { displayText } from '../../core/invisible-characters.ts';

/** As `displayText`, for a text of several lines: lines and tabs stay, and so do the joiners of some scripts. */
export function displayLines(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}]/gu, '�');
}

/** A value as indented JSON; what could steer a terminal is escaped, which means the same. */
export function jsonText(value: unknown): string {
  const escaped = (text: string) =>
    Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  return `${writeJson(value, 2).replace(/(?!\n)[\p{Cc}\p{Cf}]/gu, escaped)}\n`;
}

/** A path as people write it. */
export function displayPath(path: string, home: string): string {
  return displayText(path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path);
}
