package lib.masking;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * Finds all of many words in one pass over a text: an automaton (Aho and Corasick's) with every transition worked out
 * beforehand, so that a character costs two look-ups however many words there are. Immutable.
 */
final class Keywords {
  private static final int HIT = 0; // the column that tells which words end in a state
  private static final int BLOCK = 4 << 10; // an array is read a fifth faster than a text, character by character
  private static final int OTHER = 1; // the class of the characters that are in no word

  private final char[] classes; // up to the last character that is in a word
  private final int width;
  private final int[] table; // a row per state: HIT, then for each class the next state's row
  private final int[] depths; // by state: how many characters of a word it stands for
  private final int[][] hits;
  private final int[] lengths;

  /** Hears of each word that is found. */
  interface Found {
    /** @param begin where in the text the word begins */
    void found(int word, int begin);
  }

  /** @param words none empty, each once */
  Keywords(List<String> words) {
    var letters = new TreeSet<Integer>();
    words.forEach(word -> word.chars().forEach(letters::add));
    classes = new char[letters.isEmpty() ? 0 : letters.last() + 1];
    Arrays.fill(classes, (char) OTHER);
    var next = OTHER + 1;
    for (var letter : letters) {
      classes[letter] = (char) next++;
    }
    width = next;
    lengths = words.stream().mapToInt(String::length).toArray();
    var most = 1 + words.stream().mapToInt(String::length).sum();
    var rows = new int[most * width];
    var depth = new int[most];
    var ends = new ArrayList<List<Integer>>(List.of(new ArrayList<>()));
    var count = 1;
    for (var word = 0; word < words.size(); word++) {
      var row = 0;
      for (var letter : words.get(word).toCharArray()) {
        var place = row + classes[letter];
        if (rows[place] == 0) {
          depth[count] = depth[row / width] + 1;
          rows[place] = count++ * width;
          ends.add(new ArrayList<>());
        }
        row = rows[place];
      }
      ends.get(row / width).add(word);
    }
    table = Arrays.copyOf(rows, count * width);
    depths = Arrays.copyOf(depth, count);
    connect(ends);
    hits = hits(ends);
  }

  /** Fills in where a character leads that goes on with no word: to the longest end of what was read that begins another. */
  private void connect(List<List<Integer>> ends) {
    var shorter = new int[depths.length];
    var waiting = new ArrayDeque<Integer>();
    for (var c = OTHER; c < width; c++) {
      if (table[c] != 0) {
        waiting.add(table[c]);
      }
    }
    while (!waiting.isEmpty()) {
      var row = waiting.remove();
      var back = shorter[row / width];
      ends.get(row / width).addAll(ends.get(back / width));
      for (var c = OTHER; c < width; c++) {
        if (table[row + c] == 0) {
          table[row + c] = table[back + c];
        } else {
          shorter[table[row + c] / width] = table[back + c];
          waiting.add(table[row + c]);
        }
      }
    }
  }

  private int[][] hits(List<List<Integer>> ends) {
    var all = new ArrayList<int[]>(List.of(new int[0]));
    for (var state = 0; state < ends.size(); state++) {
      if (!ends.get(state).isEmpty()) {
        table[state * width + HIT] = all.size();
        all.add(ends.get(state).stream().sorted(Comparator.comparingInt(w -> -lengths[w])).mapToInt(w -> w).toArray());
      }
    }
    return all.toArray(int[][]::new);
  }

  /**
   * Tells of every word in the text, in the order of their ends.
   *
   * @return how many of the last characters begin a word
   */
  int scan(String text, int from, Found found) {
    var table = this.table;
    var classes = this.classes;
    var row = 0;
    var block = new char[Math.min(BLOCK, text.length() - from)];
    for (var at = from; at < text.length(); at += BLOCK) {
      var length = Math.min(BLOCK, text.length() - at);
      text.getChars(at, at + length, block, 0);
      for (var i = 0; i < length; i++) {
        var c = block[i];
        row = table[row + (c < classes.length ? classes[c] : OTHER)];
        if (table[row] != 0) { // its HIT
          for (var word : hits[table[row]]) {
            found.found(word, at + i + 1 - lengths[word]);
          }
        }
      }
    }
    return depths[row / width];
  }
}
