/** So many different `address:port`s, the same ones each time. */
export function placesOf(count: number, network = 10): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${network}.0.${at >> 8}.${at & 255}:80`)
}
