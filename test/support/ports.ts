/** Ports that were free a moment ago: for programs that can't take port 0 and tell which one they got. */
export { freePort, freePorts } from '../../local/processes/free-ports.ts'
