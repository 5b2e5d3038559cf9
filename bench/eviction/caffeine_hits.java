// caffeine_hits.java - how many hits Caffeine has on a sequence of keys, at each of some capacities.
//
// Usage: java -cp caffeine.jar caffeine_hits.java KEYS CAPACITY...
// KEYS is a file of four-byte keys, the lowest byte first. One line of output for each capacity.

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

final class CaffeineHits {
  public static void main(String[] words) throws Exception {
    byte[] bytes = Files.readAllBytes(Path.of(words[0]));
    IntBuffer keys = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
    for (int i = 1; i < words.length; ++i) {
      System.out.println(hits(keys, Long.parseLong(words[i])));
    }
  }

  // Maintenance runs at once and in this thread, so the figure does not depend on a scheduler.
  private static long hits(IntBuffer keys, long capacity) {
    Cache<Integer, Boolean> cache =
        Caffeine.newBuilder().maximumSize(capacity).executor(Runnable::run).build();
    long hits = 0;
    for (int i = 0; i < keys.limit(); ++i) {
      Integer key = keys.get(i);
      if (cache.getIfPresent(key) != null) {
        ++hits;
      } else {
        cache.put(key, Boolean.TRUE);
      }
    }
    return hits;
  }
}
