import { openSeats } from "../../../structures/barrier/barrier.js";
import { BARRIER } from "../../../structures/barrier/layout.js";
import { holderOf, type Kind } from "../kind.js";

/** A barrier: its seats, who has them, and how many phases each has arrived at. */
export const barrier: Kind = {
  ...BARRIER,
  open({ segment, found, limit }) {
    const seats = openSeats(segment, found);
    const shown = seats.hosts.slice(0, limit);
    return () => ({
      parties: seats.hosts.length,
      seats: shown.map((host, seat) => {
        const holder = holderOf(segment, host, seats.holder(seat).observe());
        return { host, ...(holder !== undefined && { holder }), arrivals: seats.arrivals(seat).observe() };
      }),
    });
  },
};
