import { flatten, parseNginx } from '../render/nginx-parse.ts'

/** The servers of upstreams that an earlier rendering of a file names and a later one doesn't: losing one is urgent, gaining one isn't. */
export function lostPlaces(before: string, after: string): readonly string[] {
  const now = new Set(placesOf(after))
  return [...new Set(placesOf(before))].filter((place) => !now.has(place)).sort()
}

function placesOf(text: string): readonly string[] {
  return flatten(parseNginx(text, 'a rendered file'))
    .filter(({ name, block, args }) => name === 'server' && block === null && !args.includes('down'))
    .flatMap(({ args }) => args.slice(0, 1))
}
