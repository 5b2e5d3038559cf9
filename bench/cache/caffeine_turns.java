// caffeine_turns.java - Caffeine at work whenever it is told to.
//
// Usage: java -cp caffeine.jar caffeine_turns.java CAPACITY HELD BESIDE WORKERS FIRST < KEYS
// CAPACITY counts entries; HELD of those entered beforehand weigh nothing: for Caffeine that is
// what being in use comes to. Maintenance runs BESIDE (true: in the common pool, as it does unless
// one asks for something else), or in who asks. KEYS are eight-byte numbers, the lowest byte first, in parts, each
// begun by its length: what is entered beforehand; what is asked for once, beforehand; and for each
// worker what it asks for, again and again.
// Worker i reads lines from file descriptor FIRST + 2 i, each the number of operations to do, and
// answers each on the next one with how many of them were hits. Worker 0 first tells, on a line,
// how many bytes of heap an entry of those entered beforehand takes.

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.BufferedReader;
import java.io.FileReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

final class CaffeineTurns {
  // 64 bytes on the heap: 12 of the header, the flag and what it is rounded up by, and six numbers.
  private static final class Thing {
    Thing(long id, boolean held) {
      this.id = id;
      this.held = held;
    }

    final boolean held;
    final long id;
    long a, b, c, d, e;
  }

  private final Cache<Long, Thing> cache;

  public static void main(String[] words) throws Exception {
    long capacity = Long.parseLong(words[0]);
    int held = Integer.parseInt(words[1]);
    boolean beside = Boolean.parseBoolean(words[2]);
    int workers = Integer.parseInt(words[3]);
    int first = Integer.parseInt(words[4]);
    LongBuffer keys =
        ByteBuffer.wrap(System.in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    long[] entered = part(keys);
    long[] beforehand = part(keys);
    CaffeineTurns turns = new CaffeineTurns(capacity, held, beside);
    double bytes = turns.enter(entered, held);
    turns.run(beforehand, beforehand.length, 0);
    turns.cache.cleanUp();
    Thread[] threads = new Thread[workers];
    for (int i = 0; i < workers; ++i) {
      int in = first + 2 * i;
      long[] wanted = part(keys);
      String hello = i == 0 ? bytes + "\n" : "";
      threads[i] = new Thread(() -> turns.serve(wanted, in, hello));
    }
    for (Thread each : threads) each.start();
    for (Thread each : threads) each.join();
  }

  private static long[] part(LongBuffer keys) {
    long[] out = new long[(int) keys.get()];
    keys.get(out);
    return out;
  }

  private CaffeineTurns(long capacity, int held, boolean beside) {
    Caffeine<Object, Object> builder = Caffeine.newBuilder();
    if (!beside) builder.executor(Runnable::run);
    cache = held == 0
        ? builder.maximumSize(capacity).build()
        : builder.maximumWeight(capacity - held)
              .weigher((Long key, Thing value) -> value.held ? 0 : 1)
              .build();
  }

  // Returns the bytes of heap for each.
  private double enter(long[] ids, int held) throws InterruptedException {
    long before = used();
    for (int i = 0; i < ids.length; ++i) cache.put(ids[i], new Thing(ids[i], i < held));
    cache.cleanUp();
    return ids.length == 0 ? 0 : (double) (used() - before) / ids.length;
  }

  private static long used() throws InterruptedException {
    for (int i = 0; i < 3; ++i) {
      System.gc();
      Thread.sleep(20);
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private void serve(long[] wanted, int in, String hello) {
    try (BufferedReader lines = new BufferedReader(new FileReader("/dev/fd/" + in));
        PrintStream out = new PrintStream("/dev/fd/" + (in + 1))) {
      out.print(hello);
      int place = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int times = Integer.parseInt(line);
        out.println(run(wanted, times, place));
        place = (int) ((place + (long) times) % wanted.length);
      }
    } catch (java.io.IOException gone) {
      return; // who asked has ended
    }
  }

  private long run(long[] wanted, int times, int place) {
    long hits = 0;
    for (; times != 0; --times) {
      Long key = wanted[place];
      if (++place == wanted.length) place = 0;
      Thing found = cache.getIfPresent(key);
      if (found != null) {
        ++hits;
      } else {
        found = new Thing(key, false);
        cache.put(key, found);
      }
      if (found.id != key) throw new IllegalStateException("another one's object");
    }
    return hits;
  }
}
